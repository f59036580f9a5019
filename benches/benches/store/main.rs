//! The cost of delivery stores: operations a second, pauses, and round trips to Redis. An operation is a claim and
//! its settlement, which is what `Hooks` does around a handler.

mod pauses;
mod redis_client;
mod redis_server;
mod round_trips;
mod service;
mod throughput;

use std::error::Error;

use room_hooks_benches::{is_smoke_run, store::Recorded};

fn main() -> Result<(), Box<dyn Error>> {
    let entries = if is_smoke_run() { 2_000 } else { 1_000_000 };
    // More than are held at once, so that those which come again have been forgotten.
    let recorded = Recorded::new(entries + entries / 10)?;
    throughput::print(&recorded, entries);
    pauses::print(&recorded, entries);
    round_trips::print(&recorded)
}
