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

/// Completes 6 s after [`shutdown_signal`]. Every body has then arrived or been refused, which
/// takes at most 5 s. Clients that have not yet sent a request's head do not delay the shutdown
/// further.
pub async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
