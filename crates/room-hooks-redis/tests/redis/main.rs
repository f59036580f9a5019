//! Tests of the delivery store in a real Redis. Each starts its own server, and is reported as
//! ignored if `redis-server` is not installed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connecting;
mod outages;
mod processes;
mod relay;
mod server;
mod store;
mod worker;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use libtest_mimic::{Arguments, Trial};
use room_hooks::zego::Zego;
use serde_json::json;
use server::Server;

/// The lease in all tests that depend on time.
const LEASE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    if worker::is_this() {
        worker::run();
        return ExitCode::SUCCESS;
    }
    let trials = [connecting::trials(), store::trials(), processes::trials(), outages::trials()];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn with_redis<F>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    static INSTALLED: LazyLock<bool> = LazyLock::new(Server::is_installed);
    without_redis(name, test).with_ignored_flag(!*INSTALLED)
}

fn without_redis<F>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    Trial::test(name, || {
        tokio::runtime::Runtime::new()?.block_on(test());
        Ok(())
    })
}

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

/// The callback for a room: the same bytes each time, as in an identical retry.
fn body(room: &str) -> Vec<u8> {
    static BODIES: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let sign = || {
        let event = json!({"event": "room_create", "room_id": room});
        zego().sign(&event, SystemTime::now()).unwrap().body
    };
    BODIES.lock().unwrap().entry(room.to_owned()).or_insert_with(sign).clone()
}

/// A unique room name.
fn room() -> String {
    static ROOMS: AtomicU32 = AtomicU32::new(0);
    format!("room-{}", ROOMS.fetch_add(1, Ordering::Relaxed))
}
