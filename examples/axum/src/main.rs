//! An axum app that receives room callbacks alongside another route.
//!
//! It prints every event and question to standard output as one line of JSON, and allows every
//! question. The handlers are in `examples/support/src/handlers.rs`.

use anyhow::Context;
use axum::{Router, routing::get};
use example_support::{Rooms, announce, grace_period, log_to_stderr, setting, shutdown_signal};
use room_hooks_axum::handler;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    log_to_stderr();

    let rooms = Rooms::from_env().await?;
    let app = Router::new()
        .route("/", get(async || "rooms are open"))
        .route("/hooks/zego", handler(rooms.zego.clone()))
        .route("/hooks/tencent", handler(rooms.tencent.clone()))
        .route("/hooks/trtc", handler(rooms.trtc.clone()));

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?)
        .await
        .context("ROOM_HOOKS_ADDR")?;
    announce(listener.local_addr()?);
    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown_signal());
    let server = async {
        tokio::select! {
            served = server.into_future() => served,
            () = grace_period() => Ok(()),
        }
    };
    rooms.run(server).await?;
    Ok(())
}
