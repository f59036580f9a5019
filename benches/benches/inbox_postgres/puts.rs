//! Durable puts per second, compared with raw inserts of the same rows into the same tables.

use std::{error::Error, sync::Arc};

use room_hooks_benches::{is_smoke_run, measure::Rounds, table};
use room_hooks_postgres::{Database, PostgresInbox};
use test_postgres::Server;
use tokio::runtime::Runtime;

use crate::{
    events::Events,
    raw::{Raw, Tables},
    senders::{self, Store},
};

const OURS: usize = 0;

const NAMES: [&str; 3] = [
    "`PostgresInbox`",
    "raw inserts of the events",
    "raw inserts of the events, ids and signatures",
];

pub fn print(runtime: &Runtime, server: &Server) -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for (senders, puts) in [(1, 300), (8, 2_000), (32, 4_000)] {
        let puts = if is_smoke_run() { senders } else { puts };
        let stores = runtime.block_on(contenders(server, senders))?;
        let measured = in_turns(runtime, &stores, senders, puts)?;
        for (index, name) in NAMES.into_iter().enumerate() {
            let nanoseconds = measured.median(index);
            rows.push(vec![
                senders.to_string(),
                name.to_owned(),
                format!("{:.0}", 1e9 / nanoseconds),
                table::time(nanoseconds),
                table::ratio(measured.ratio(index, OURS)),
            ]);
        }
    }
    let payload = Events::new(1)?.payload().len();
    let title = format!("Durable puts in PostgreSQL, payloads of {payload} bytes");
    let header = ["senders", "writer", "puts a second", "time of one", "our rate, of its"];
    table::print(&title, &header, &rows);
    Ok(())
}

/// The contenders, each with its own database.
async fn contenders(
    server: &Server,
    senders: usize,
) -> Result<[Store; NAMES.len()], Box<dyn Error>> {
    let database = Database::new(&server.database().await)?.with_max_connections(32);
    let inbox = PostgresInbox::connect_with(&database).await?;
    let events = Raw::connect(&server.database().await, Tables::Events, senders).await?;
    let all = Raw::connect(&server.database().await, Tables::All, senders).await?;
    Ok([Store::Inbox(inbox), Store::Raw(Arc::new(events)), Store::Raw(Arc::new(all))])
}

fn in_turns(
    runtime: &Runtime,
    stores: &[Store; NAMES.len()],
    senders: usize,
    puts: usize,
) -> Result<Rounds, Box<dyn Error>> {
    let rounds = if is_smoke_run() { 1 } else { 15 };
    let mut measured = Rounds::new(NAMES.len());
    let mut events = Events::new(1_000)?;
    // Opens connections and plans statements.
    for store in stores {
        senders::put(runtime, store, events.take(8 * senders), senders)?;
    }
    for round in 0..rounds {
        for turn in 0..NAMES.len() {
            let contender = (turn + round) % NAMES.len();
            let took = senders::put(runtime, &stores[contender], events.take(puts), senders)?;
            measured.add(contender, took, puts);
        }
    }
    Ok(measured)
}
