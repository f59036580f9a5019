//! An actix-web app that receives room callbacks alongside another route.
//!
//! It prints every event and question to standard output as one line of JSON, and allows every
//! question. The handlers are in `examples/support/src/handlers.rs`.

use actix_web::{App, HttpServer, web};
use anyhow::Context;
use example_support::{Rooms, announce, log_to_stderr, setting};
use room_hooks_actix::resource;

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    log_to_stderr();

    let rooms = Rooms::from_env().await?;
    let hooks = (rooms.zego.clone(), rooms.tencent.clone(), rooms.trtc.clone());
    let app = move || {
        let (zego, tencent, trtc) = hooks.clone();
        App::new()
            .route("/", web::get().to(async || "rooms are open"))
            .service(resource("/hooks/zego", zego))
            .service(resource("/hooks/tencent", tencent))
            .service(resource("/hooks/trtc", trtc))
    };

    let server = HttpServer::new(app)
        .bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?)
        .context("ROOM_HOOKS_ADDR")?;
    for address in server.addrs() {
        announce(address);
    }
    rooms.run(server.run()).await?;
    Ok(())
}
