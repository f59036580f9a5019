//! An actix-web app that receives room callbacks beside a route of its own.
//!
//! Every event is one line of JSON on standard output, and so is every question, which is allowed.

use std::{
    env::{self, VarError},
    error::Error,
    io::{self, Write},
};

use actix_web::{App, HttpServer, web};
use room_hooks_actix::{
    Callback, Hooks, Provider, Verified,
    hooks::MemoryStore,
    resource,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde::Serialize;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A log that cannot be written is no reason to panic.
    tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();

    let zego = Zego::new(
        setting("ZEGO_APP_ID", "1234567890")?,
        setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
    )?;
    let tencent = Tencent::new(
        setting("TENCENT_SDK_APP_ID", "1400000000")?,
        setting("TENCENT_TOKEN", "demo-token")?,
    )?;
    let trtc =
        Trtc::new(setting("TRTC_SDK_APP_ID", "1400000000")?, setting("TRTC_KEY", "demokey")?)?;
    let zego = Hooks::new(zego)
        .with_store(MemoryStore::new())
        .fallback(print::<zego::Event>)
        .answer(async |asked: Verified<zego::Question>| {
            print(asked).await.map(|()| zego::Decision::neutral())
        });
    let tencent = Hooks::new(tencent)
        .with_store(MemoryStore::new())
        .fallback(print::<tencent::Event>)
        .answer(async |asked: Verified<tencent::Question>| {
            print(asked).await.map(|()| tencent::Decision::allow())
        });
    let trtc = Hooks::new(trtc).with_store(MemoryStore::new()).fallback(print::<trtc::Event>);

    let hooks = (zego.clone(), tencent.clone(), trtc.clone());
    let app = move || {
        let (zego, tencent, trtc) = hooks.clone();
        App::new()
            .route("/", web::get().to(async || "rooms are open"))
            .service(resource("/hooks/zego", zego))
            .service(resource("/hooks/tencent", tencent))
            .service(resource("/hooks/trtc", trtc))
    };

    let server = HttpServer::new(app).bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?)?;
    for address in server.addrs() {
        let hint = "to send it a callback: cargo run -- send room_create --to";
        let _ = writeln!(io::stderr(), "listening on http://{address}\n{hint} http://{address}");
    }
    server.run().await?;
    zego.wait_idle().await;
    tencent.wait_idle().await;
    trtc.wait_idle().await;
    Ok(())
}

async fn print<E>(verified: Verified<E>) -> io::Result<()>
where
    E: Callback,
{
    let line = serde_json::to_string(&EventLine {
        provider: E::Provider::NAME,
        app_id: verified.app_id.to_string(),
        event: verified.event.name(),
        room_id: verified.event.room_id(),
        data: &verified.event,
    })?;
    // If it cannot be printed, the sender is told to try again.
    writeln!(io::stdout(), "{line}")
}

#[derive(Serialize)]
struct EventLine<'a, E> {
    provider: &'static str,
    app_id: String,
    event: &'a str,
    room_id: Option<&'a str>,
    data: &'a E,
}

/// An environment variable; one that is there but unreadable is an error and not the default.
fn setting(name: &str, default: &str) -> Result<String, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(default.to_owned()),
        setting => setting,
    }
}
