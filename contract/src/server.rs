use std::{
    net::{SocketAddr, TcpListener},
    thread,
};

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

/// Runs a server on a thread of its own for as long as it is used.
pub(crate) fn serve_while(
    serve: impl FnOnce(TcpListener, oneshot::Receiver<()>) + Send + 'static,
    use_it: impl FnOnce(SocketAddr),
) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = thread::spawn(move || serve(listener, stopped));
    use_it(address);
    drop(stop);
    server.join().unwrap();
}
