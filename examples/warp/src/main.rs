//! A warp app that receives room callbacks alongside another route.
//!
//! It prints every event and question to standard output as one line of JSON, and allows every
//! question. The handlers are in `examples/support/src/handlers.rs`.

use anyhow::Context;
use example_support::{Rooms, announce, grace_period, log_to_stderr, setting, shutdown_signal};
use room_hooks_warp::filter;
use tokio::net::TcpListener;
use warp::Filter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    log_to_stderr();

    let rooms = Rooms::from_env().await?;
    let app = warp::path!("hooks" / "zego")
        .and(filter(rooms.zego.clone()))
        .or(warp::path!("hooks" / "tencent").and(filter(rooms.tencent.clone())))
        .or(warp::path!("hooks" / "trtc").and(filter(rooms.trtc.clone())))
        .or(warp::path::end().map(|| "rooms are open"));

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?)
        .await
        .context("ROOM_HOOKS_ADDR")?;
    announce(listener.local_addr()?);
    let server = warp::serve(app).incoming(listener).graceful(shutdown_signal());
    let server = async {
        tokio::select! {
            () = server.run() => {}
            () = grace_period() => {}
        }
    };
    rooms.run(server).await;
    Ok(())
}
