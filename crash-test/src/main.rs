//! Kills the processes of an inbox with SIGKILL, freezes them with SIGSTOP, and counts what is lost or handled twice.
//! `crash-test/run` builds and starts it.
//!
//! `web.rs` and `worker.rs` are the processes, which end themselves where `failpoint.rs` says; `ledger.rs` is the file
//! in which every process notes what it has done; `kills.rs`, `freeze.rs`, `poison.rs` and `lock.rs` are the scenarios, and what they may leave
//! in the ledger.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it counts")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failpoint;
mod freeze;
mod kills;
mod ledger;
mod lock;
mod poison;
mod process;
mod sender;
mod web;
mod worker;

use std::{env, path::Path, process::ExitCode, sync::Arc};

use room_hooks_axum::{inbox::InboxStore, zego::Zego};
use room_hooks_sqlite::SqliteInbox;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["web", inbox, ledger, point] => web::run(inbox, ledger, point).await,
        ["worker", inbox, ledger, point] => worker::run(inbox, ledger, point).await,
        ["hold", inbox, seconds, _] => lock::hold(inbox, seconds),
        ["--smoke"] => examine(120, 3, 3).await,
        [] => examine(1_000, 20, 30).await,
        _ => Err("usage: crash-test [--smoke]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays all scenarios, each with an inbox of its own.
async fn examine(events: u32, kills: u32, locked_seconds: u64) -> Result<(), Error> {
    let folder = env::temp_dir().join(format!("room-hooks-crash-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = async {
        kills::examine(&folder.join("kills"), events, kills).await?;
        freeze::examine(&folder.join("freeze")).await?;
        poison::examine(&folder.join("poison")).await?;
        lock::examine(&folder.join("lock"), locked_seconds).await
    }
    .await;
    match &result {
        Ok(()) => std::fs::remove_dir_all(&folder)?,
        Err(_) => eprintln!("ledger and inbox are in {}", folder.display()),
    }
    result
}

/// Opens the inbox that the processes share.
fn open(inbox: &str) -> Result<Arc<dyn InboxStore>, Error> {
    Ok(Arc::new(SqliteInbox::open(Path::new(inbox))?))
}

/// Whose callbacks are sent.
fn zego() -> Zego {
    Zego::new(1234567890, "secret").unwrap()
}
