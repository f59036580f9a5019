//! Kills the processes of an inbox with SIGKILL, freezes them with SIGSTOP, and counts the events
//! that are lost or handled twice. `crash-test/run` builds and starts it.
//!
//! * `web.rs` and `worker.rs` are the processes. They kill themselves at the points in
//!   `failpoint.rs`.
//! * `ledger.rs` is the file in which every process records its actions.
//! * `kills.rs`, `freeze.rs`, `poison.rs` and `lock.rs` are the scenarios. Each checks the ledger.
//! * `scene.rs` is the environment of a scenario: a separate inbox, in SQLite and then in
//!   PostgreSQL.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its results")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failpoint;
mod freeze;
mod kills;
mod ledger;
mod lock;
mod poison;
mod process;
mod scene;
mod sender;
mod web;
mod worker;

use std::{env, path::Path, process::ExitCode, sync::Arc};

use room_hooks_axum::{inbox::InboxStore, zego::Zego};
use room_hooks_postgres::PostgresInbox;
use room_hooks_sqlite::SqliteInbox;
use test_postgres::Server;

use self::scene::{Engine, Scene};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["web", inbox, ledger, point] => web::run(inbox, ledger, point).await,
        ["worker", inbox, ledger, point] => worker::run(inbox, ledger, point, false).await,
        ["ordered-worker", inbox, ledger, point] => worker::run(inbox, ledger, point, true).await,
        ["hold", inbox, seconds] => lock::hold(inbox, seconds).await,
        // One kill per failpoint of a worker, and one from outside.
        ["--smoke"] => examine(8, 3).await,
        [] => examine(60, 30).await,
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

/// Runs all scenarios with SQLite, and then with PostgreSQL.
async fn examine(kills: u32, locked_seconds: u64) -> Result<(), Error> {
    examine_engine(&Engine::Sqlite, kills, locked_seconds).await?;
    if !Server::is_installed() {
        println!("PostgreSQL: SKIPPED, since it is not installed");
        return Ok(());
    }
    let server = Server::start_with(&["max_connections=300"]);
    let result = examine_engine(&Engine::Postgres(server), kills, locked_seconds).await;
    test_postgres::clean_up();
    result
}

/// Runs all scenarios concurrently, since they mostly wait. Each has its own inbox.
async fn examine_engine(engine: &Engine, kills: u32, locked_seconds: u64) -> Result<(), Error> {
    let folder = env::temp_dir().join(format!("room-hooks-crash-test-{}", std::process::id()));
    let scene = async |name| Scene::new(engine, &folder, name).await;
    let (unordered, ordered) = (scene("kills").await?, scene("kills in order").await?);
    let (freeze, poison, lock) =
        (scene("freeze").await?, scene("poison").await?, scene("lock").await?);
    let result = tokio::try_join!(
        unordered.play(kills::examine(&unordered, kills, false)),
        ordered.play(kills::examine(&ordered, kills, true)),
        freeze.play(freeze::examine(&freeze)),
        poison.play(poison::examine(&poison)),
        lock.play(lock::examine(&lock, locked_seconds)),
    );
    match &result {
        Ok(_) => std::fs::remove_dir_all(&folder)?,
        Err(_) => eprintln!("ledgers and files are in {}", folder.display()),
    }
    result.map(|_| ())
}

/// Opens the inbox that the processes share, a database or a file.
async fn open(inbox: &str) -> Result<Arc<dyn InboxStore>, Error> {
    if is_postgres(inbox) {
        return Ok(Arc::new(PostgresInbox::connect(inbox).await?));
    }
    Ok(Arc::new(SqliteInbox::open(Path::new(inbox))?))
}

fn is_postgres(inbox: &str) -> bool {
    inbox.starts_with("postgres://")
}

/// The provider whose callbacks are sent.
fn zego() -> Zego {
    Zego::new(1234567890, "secret").unwrap()
}
