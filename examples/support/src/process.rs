use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use tokio::{signal, time::sleep};

/// Writes the log to standard error, and ignores write errors.
pub fn log_to_stderr() {
    tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();
}

/// Prints the server's address to standard error, and ignores write errors.
pub fn announce(address: SocketAddr) {
    let hint = "to send it a callback: cargo run -- send room_create --to";
    let _ = writeln!(io::stderr(), "listening on http://{address}\n{hint} http://{address}");
}

/// Completes on Ctrl-C or, on Unix, SIGTERM.
pub async fn shutdown_signal() {
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
pub async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
