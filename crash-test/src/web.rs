use axum::Router;
use room_hooks_axum::{Hooks, handler};
use tokio::net::TcpListener;

use super::{Error, failpoint::Failing, ledger::Ledger, open, zego};

/// Runs the web process, which stores events and has no handlers.
pub(super) async fn run(inbox: &str, ledger: &str, point: &str) -> Result<(), Error> {
    let inbox = Failing::new(open(inbox).await?, point.parse()?, Ledger::open(ledger)?);
    let hooks = Hooks::new(zego()).with_inbox(inbox);
    let app = Router::new().route("/", handler(hooks));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
