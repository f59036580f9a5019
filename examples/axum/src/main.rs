//! An axum app that receives room callbacks beside a route of its own.
//!
//! Every event is one line of JSON on standard output.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it receives")]

use std::{
    env::{self, VarError},
    error::Error,
    io,
};

use axum::{
    Router,
    routing::{any, get},
};
use room_hooks::{Provider, Receiver, RoomEvent, tencent, tencent::Tencent, zego, zego::Zego};
use room_hooks_axum::{Ack, RoomHook};
use serde::Serialize;
use tokio::net::TcpListener;

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

    // `any`, because the extractor itself answers what is no POST, in the provider's own form.
    let app = Router::new()
        .route("/", get(async || "rooms are open"))
        .route("/hooks/zego", any(print::<zego::Event>).with_state(Receiver::new(zego)))
        .route("/hooks/tencent", any(print::<tencent::Event>).with_state(Receiver::new(tencent)));

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?).await?;
    let address = listener.local_addr()?;
    eprintln!("listening on http://{address}");
    eprintln!("to send it a callback: examples/send http://{address}");
    axum::serve(listener, app).await?;
    Ok(())
}

async fn print<E>(RoomHook(verified): RoomHook<E>) -> Ack<E::Provider>
where
    E: RoomEvent + Serialize,
{
    let line = Line {
        provider: E::Provider::NAME,
        app_id: verified.app_id.to_string(),
        event: verified.event.name(),
        room_id: verified.event.room_id(),
        data: &verified.event,
    };
    match serde_json::to_string(&line) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("this event cannot be shown: {error}"),
    }
    Ack::new()
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
