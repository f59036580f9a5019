//! An axum app that receives room callbacks beside a route of its own.
//!
//! Every event is one line of JSON on standard output.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it receives")]

use std::{
    env::{self, VarError},
    error::Error,
    io,
};

use axum::{Router, routing::get};
use room_hooks::{
    Hooks, Provider, RoomEvent, Verified,
    hooks::MemoryClaims,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use room_hooks_axum::IntoRouter;
use serde::Serialize;
use tokio::{net::TcpListener, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();

    let zego = Zego::new(
        setting("ZEGO_APP_ID", "1234567890")?.parse()?,
        setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
    )?;
    let tencent = Tencent::new(
        setting("TENCENT_SDK_APP_ID", "1400000000")?.parse()?,
        setting("TENCENT_TOKEN", "demo-token")?,
    )?;
    let trtc = Trtc::new(
        setting("TRTC_SDK_APP_ID", "1400000000")?.parse()?,
        setting("TRTC_KEY", "demokey")?,
    )?;
    let zego = Hooks::new(zego).with_claims(MemoryClaims::new()).on_other(print::<zego::Event>);
    let tencent =
        Hooks::new(tencent).with_claims(MemoryClaims::new()).on_other(print::<tencent::Event>);
    let trtc = Hooks::new(trtc).with_claims(MemoryClaims::new()).on_other(print::<trtc::Event>);

    let app = Router::new()
        .route("/", get(async || "rooms are open"))
        .nest("/hooks/zego", zego.clone().into_router())
        .nest("/hooks/tencent", tencent.clone().into_router())
        .nest("/hooks/trtc", trtc.clone().into_router());

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?).await?;
    let address = listener.local_addr()?;
    eprintln!("listening on http://{address}");
    eprintln!("to send it a callback: cargo run -- send room_create --to http://{address}");
    let interrupted = async { signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, app).with_graceful_shutdown(interrupted).await?;
    zego.drained().await;
    tencent.drained().await;
    trtc.drained().await;
    Ok(())
}

async fn print<E>(verified: Verified<E>) -> Result<(), serde_json::Error>
where
    E: RoomEvent + Serialize,
{
    let line = serde_json::to_string(&Line {
        provider: E::Provider::NAME,
        app_id: verified.app_id.to_string(),
        event: verified.event.name(),
        room_id: verified.event.room_id(),
        data: &verified.event,
    })?;
    println!("{line}");
    Ok(())
}

#[derive(Serialize)]
struct Line<'a, E> {
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
