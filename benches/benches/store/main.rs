//! The cost of delivery stores: operations per second, pauses, and round trips to Redis. An
//! operation is a claim and its settlement, like those of `Hooks` around a handler.

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
    // More than a store holds at once, so that repeated deliveries have been forgotten.
    let recorded = Recorded::new(entries + entries / 10)?;
    throughput::print(&recorded, entries);
    pauses::print(&recorded, entries);
    round_trips::print(&recorded)
}
