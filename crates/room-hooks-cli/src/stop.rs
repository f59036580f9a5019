//! Shutdown of the program's servers.

use std::time::Duration;

use tokio::{signal, time::sleep};

/// Completes on Ctrl-C or, on Unix, SIGTERM.
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

/// Completes 6 s after [`shutdown_signal`]. By then, every request body has arrived or timed out,
/// which takes at most 5 s. A client that never finishes its request head does not delay the
/// shutdown.
pub(crate) async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
