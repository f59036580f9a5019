//! A warp app that receives room callbacks beside a route of its own.
//!
//! Every event is one line of JSON on standard output.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it receives")]

use std::{
    env::{self, VarError},
    error::Error,
    io,
};

use room_hooks::{
    Provider, Receiver, RoomEvent, Verified, tencent, tencent::Tencent, zego, zego::Zego,
};
use room_hooks_warp::{Ack, recover, room_hook};
use serde::Serialize;
use tokio::net::TcpListener;
use warp::Filter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();

    let zego = Receiver::new(Zego::new(
        setting("ZEGO_APP_ID", "1234567890")?.parse()?,
        setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
    )?);
    let tencent = Receiver::new(Tencent::new(
        setting("TENCENT_SDK_APP_ID", "1400000000")?.parse()?,
        setting("TENCENT_TOKEN", "demo-token")?,
    )?);

    // Each route recovers by itself, so that no other route gets to see what this one refuses.
    let home = warp::path::end().map(|| "rooms are open");
    let on_zego = warp::path!("hooks" / "zego")
        .and(room_hook(zego))
        .map(print::<zego::Event>)
        .recover(recover);
    let on_tencent = warp::path!("hooks" / "tencent")
        .and(room_hook(tencent))
        .map(print::<tencent::Event>)
        .recover(recover);

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?).await?;
    let address = listener.local_addr()?;
    eprintln!("listening on http://{address}");
    eprintln!("to send it a callback: examples/send http://{address}");
    warp::serve(on_zego.or(on_tencent).or(home)).incoming(listener).run().await;
    Ok(())
}

fn print<E>(verified: Verified<E>) -> Ack<E::Provider>
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
