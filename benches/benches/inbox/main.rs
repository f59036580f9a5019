//! The cost of the inbox in SQLite: durable puts compared with raw inserts, a large file compared
//! with an empty one, and the events that a worker handles.
//!
//! The files are in the temporary directory, which `TMPDIR` can change: on a file system in memory,
//! a commit costs nothing.

mod events;
mod large;
mod puts;
mod raw;
mod senders;
mod worker;

use std::error::Error;

use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    puts::print(&runtime)?;
    large::print(&runtime)?;
    worker::print(&runtime)
}
