use std::time::Duration;

use tokio::{signal, time::sleep};

/// Ends with Ctrl-C or, where there is one, SIGTERM.
pub(super) async fn shutdown_signal() {
    #[cfg(unix)]
    if let Ok(mut terminated) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => return,
            _ = signal::ctrl_c() => return,
        }
    }
    signal::ctrl_c().await.unwrap_or_default();
}

/// Ends a while after that. A body has come by then or been refused, which takes 5 s, and whoever has
/// not sent the head of a request yet is not waited for.
pub(super) async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
