use std::{
    net::{SocketAddr, TcpListener},
    thread,
};

use tokio::sync::oneshot;

/// Runs a server on a socket until `stop` resolves, for a [`Driver`](crate::Driver) on tokio.
///
/// # Panics
///
/// If tokio cannot use the listener.
pub async fn serve_until<F: Future>(
    stop: oneshot::Receiver<()>,
    listener: TcpListener,
    server: impl FnOnce(tokio::net::TcpListener) -> F,
) {
    listener.set_nonblocking(true).expect("the socket is valid");
    let listener = tokio::net::TcpListener::from_std(listener).expect("the socket is valid");
    tokio::select! {
        _ = server(listener) => {}
        _ = stop => {}
    }
}

/// Runs a server on its own thread while `use_it` runs.
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
