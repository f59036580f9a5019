use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use tokio::{signal, time::sleep};

/// Has the log written to standard error. One that cannot be written is no reason to panic.
pub fn log_to_stderr() {
    tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();
}

/// Says where the server listens, whether or not anyone can read it.
pub fn announce(address: SocketAddr) {
    let hint = "to send it a callback: cargo run -- send room_create --to";
    let _ = writeln!(io::stderr(), "listening on http://{address}\n{hint} http://{address}");
}

/// Ends with Ctrl-C or, where there is one, SIGTERM.
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

/// Ends a while after [`shutdown_signal`]. By then, every body has arrived or been refused, which takes 5 s. A client that has not
/// sent the head of a request is not waited for.
pub async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}
