use std::net::TcpListener;

use tokio::sync::oneshot;

/// Runs a server on a socket until it is told to stop: the frame of a [`Driver`](crate::Driver) on tokio.
///
/// # Panics
///
/// The listener is no socket that tokio takes.
pub async fn serve_until<F: Future>(
    stop: oneshot::Receiver<()>,
    listener: TcpListener,
    server: impl FnOnce(tokio::net::TcpListener) -> F,
) {
    listener.set_nonblocking(true).expect("it is a socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
    tokio::select! {
        _ = server(listener) => {}
        _ = stop => {}
    }
}
