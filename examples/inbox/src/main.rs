//! Two processes with one inbox: a web server that stores room callbacks, and a worker that handles
//! them. Each can restart without the other. `ROOM_HOOKS_INBOX` names the inbox.
//!
//! The worker prints every event to standard output as one line of JSON. Its handlers are in
//! `examples/support/src/handlers.rs`. The web server prints and answers questions itself, because
//! their senders wait.

use std::{
    env,
    ffi::OsStr,
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use axum::{Router, routing::get};
use example_support::{
    EventHandlers, Rooms, announce, grace_period, log_to_stderr, open_inbox, setting,
    shutdown_signal,
};
use room_hooks_axum::{handler, inbox::Worker};
use tokio::net::TcpListener;

const USAGE: &str = "\
usage: example-inbox web       receives events, and stores them in an inbox
       example-inbox worker    handles the events that are in the inbox

ROOM_HOOKS_INBOX names the inbox: the path of a SQLite file, by default rooms.db, or the URL of a
PostgreSQL database, such as postgres://user@host/database.";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    log_to_stderr();

    let mut arguments = env::args_os().skip(1);
    let (process, more) = (arguments.next(), arguments.next());
    match process.as_deref().and_then(OsStr::to_str) {
        Some("web") if more.is_none() => web().await?,
        Some("worker") if more.is_none() => work().await?,
        _ => {
            let _ = writeln!(io::stderr(), "{USAGE}");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the web server, which needs the secrets but no event handlers.
async fn web() -> anyhow::Result<()> {
    let inbox = open_inbox(&setting("ROOM_HOOKS_INBOX", "rooms.db")?).await?;
    let rooms = Rooms::storing_in(&inbox)?;
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

/// Runs the worker, which needs the handlers but no secrets: the events in the inbox are verified.
async fn work() -> anyhow::Result<()> {
    let handlers = EventHandlers::from_env()?;
    let inbox = open_inbox(&setting("ROOM_HOOKS_INBOX", "rooms.db")?).await?;
    let worker = Worker::new(inbox, handlers.zego)
        .with_handlers(handlers.tencent)
        .with_handlers(handlers.trtc)
        .ordered_by_room();

    let _ = writeln!(io::stderr(), "handling the events in the inbox");
    worker.run_until(shutdown_signal()).await;
    Ok(())
}
