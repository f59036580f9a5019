//! The rate of a worker whose handler does nothing, which leaves the cost of the inbox and the
//! worker.

use std::{error::Error, hint::black_box, time::Instant};

use room_hooks::{Handlers, RoomCreated, Verified, inbox::Worker};
use room_hooks_benches::{is_smoke_run, measure::Rounds, table};
use room_hooks_sqlite::SqliteInbox;
use tokio::runtime::Runtime;

use crate::{
    events::Events,
    senders::{self, Store},
};

const NAMES: [&str; 2] = ["unordered", "ordered by room, 100 rooms"];

pub fn print(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let (rounds, count) = if is_smoke_run() { (1, 100) } else { (20, 5_000) };
    let directory = tempfile::tempdir()?;
    let mut events = Events::new(100)?;
    let inboxes = [
        SqliteInbox::open(directory.path().join("unordered.db"))?,
        SqliteInbox::open(directory.path().join("ordered.db"))?,
    ];
    let mut measured = Rounds::new(NAMES.len());
    for round in 0..rounds {
        for turn in 0..NAMES.len() {
            let contender = (turn + round) % NAMES.len();
            let inbox = &inboxes[contender];
            senders::put(runtime, &Store::Inbox(inbox.clone()), events.take(count), 32)?;
            let _entered = runtime.enter();
            let handlers = Handlers::new().on(async |created: Verified<RoomCreated>| {
                black_box(created);
            });
            let worker = Worker::new(inbox.clone(), handlers);
            let worker = if contender == 1 { worker.ordered_by_room() } else { worker };
            let begun = Instant::now();
            let attempts = runtime.block_on(worker.run_until_idle());
            measured.add(contender, begun.elapsed(), count);
            if attempts != count {
                return Err(format!("{attempts} of {count} events were handled").into());
            }
        }
    }
    let rows: Vec<_> = NAMES
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let nanoseconds = measured.median(index);
            vec![
                (*name).to_owned(),
                format!("{:.0}", 1e9 / nanoseconds),
                table::time(nanoseconds),
                table::ratio(measured.ratio(0, index)),
            ]
        })
        .collect();
    let header = ["a worker, 16 at a time", "events a second", "time of one", "of unordered"];
    table::print("Events handled", &header, &rows);
    Ok(())
}
