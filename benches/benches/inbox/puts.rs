//! Durable puts per second, compared with raw inserts of the same rows into the same tables, which
//! are also committed in groups.

use std::{error::Error, sync::Arc};

use room_hooks::inbox::NewEvent;
use room_hooks_benches::{is_smoke_run, measure::Rounds, table};
use room_hooks_sqlite::SqliteInbox;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    events::Events,
    raw::{Raw, Tables},
    senders::{self, Store},
};

const OURS: usize = 0;

pub fn print(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for (senders, puts) in [(1, 500), (8, 2_000), (32, 6_000)] {
        let puts = if is_smoke_run() { senders } else { puts };
        let contenders = Contenders::new()?;
        let measured = contenders.in_turns(runtime, senders, puts)?;
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
    let title = format!("Durable puts, payloads of {payload} bytes");
    let header = ["senders", "writer", "puts a second", "time of one", "our rate, of its"];
    table::print(&title, &header, &rows);
    Ok(())
}

const NAMES: [&str; 4] = [
    "`SqliteInbox`",
    "raw inserts of the events",
    "raw inserts of the events, ids and signatures",
    "`SqliteInbox`, events without id and signature",
];

/// The contenders, each with its own file.
struct Contenders {
    stores: [Store; NAMES.len()],
    _directory: TempDir,
}

impl Contenders {
    fn new() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let inbox = |name| SqliteInbox::open(directory.path().join(name)).map(Store::Inbox);
        let raw = |name, tables| {
            let raw = Raw::start(&directory.path().join(name), tables);
            raw.map(|raw| Store::Raw(Arc::new(raw)))
        };
        let stores = [
            inbox("ours.db")?,
            raw("events.db", Tables::Events)?,
            raw("all.db", Tables::All)?,
            inbox("without_id.db")?,
        ];
        Ok(Self { stores, _directory: directory })
    }

    fn in_turns(
        &self,
        runtime: &Runtime,
        senders: usize,
        puts: usize,
    ) -> Result<Rounds, Box<dyn Error>> {
        let rounds = if is_smoke_run() { 1 } else { 15 };
        let mut measured = Rounds::new(NAMES.len());
        let mut events = Events::new(1_000)?;
        for round in 0..rounds {
            for turn in 0..NAMES.len() {
                let contender = (turn + round) % NAMES.len();
                let mut batch = events.take(puts);
                if contender == NAMES.len() - 1 {
                    batch.iter_mut().for_each(without_id);
                }
                let took = senders::put(runtime, &self.stores[contender], batch, senders)?;
                measured.add(contender, took, puts);
            }
        }
        Ok(measured)
    }
}

fn without_id(event: &mut NewEvent) {
    (event.id, event.signature) = (None, None);
}
