//! The cost of the inbox in PostgreSQL, on a private server that waits for its disk: durable puts
//! compared with raw inserts of the same rows, and a million finished events compared with none. If
//! PostgreSQL is not installed, nothing is measured.
//!
//! The server's files are in the temporary directory, which `TMPDIR` can change: on a file system
//! in memory, a commit costs nothing.

#[path = "../inbox/events.rs"]
mod events;
mod large;
mod puts;
mod raw;
mod senders;

use std::error::Error;

use test_postgres::Server;
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    if !Server::is_installed() {
        println!("PostgreSQL is not installed: nothing is measured");
        return Ok(());
    }
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = Server::start_durable(&["max_connections=200", "max_wal_size=1GB"]);
    let result = puts::print(&runtime, &server).and_then(|()| large::print(&runtime, &server));
    drop(server);
    test_postgres::clean_up();
    result
}
