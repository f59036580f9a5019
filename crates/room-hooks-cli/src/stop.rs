//! When a server of the program ends.

use std::time::Duration;

use tokio::{signal, time::sleep};

/// Ends with Ctrl-C or, where there is one, SIGTERM.
pub(crate) async fn shutdown_signal() {
    #[cfg(unix)]
    if let Ok(mut terminated) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => return,
            _ = signal::ctrl_c() => return,
        }
    }
    signal::ctrl_c().await.unwrap_or_default();
}

/// Ends 6 s after that. By then a body has arrived or was refused, which takes 5 s. A client that has not sent the head of
/// a request does not delay the end.
pub(crate) async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
