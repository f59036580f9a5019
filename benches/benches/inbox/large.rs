//! The effect of a million done events on the cost of a put, and of a claim and its settlement.

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use room_hooks::inbox::{ClaimRequest, Ending, InboxStore, WorkerId};
use room_hooks_benches::{is_smoke_run, measure::Rounds, table};
use room_hooks_sqlite::SqliteInbox;
use rusqlite::{Connection, named_params};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    events::{Events, KIND, RETENTION},
    senders::{self, Store},
};

const EMPTY: usize = 0;

/// The done events in each file.
const FILES: [&str; 4] = [
    "none",
    "1,000,000, ids forgotten",
    "1,000,000, ids and signatures remembered",
    "1,000,000, and the inbox is full",
];

/// The timed operations, with their numbers of senders.
const WORK: [(&str, usize); 3] =
    [("put, 1 sender", 1), ("put, 32 senders", 32), ("claim and finish", 0)];

pub fn print(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let done = if is_smoke_run() { 1_000 } else { 1_000_000 };
    let directory = tempfile::tempdir()?;
    let mut events = Events::new(1_000)?;
    let mut inboxes = Vec::new();
    for (number, _) in FILES.iter().enumerate() {
        let path = directory.path().join(format!("{number}.db"));
        drop(SqliteInbox::open(&path)?);
        if number != EMPTY {
            fill(&path, done, events.payload(), number == 2)?;
        }
        let most = if number == 3 { done } else { 2 * done };
        inboxes.push(SqliteInbox::open(&path)?.with_max_rows(most as u64));
    }
    let mut measured = WORK.map(|_| Rounds::new(FILES.len()));
    let (rounds, batch) = if is_smoke_run() { (1, 32) } else { (15, 512) };
    for round in 0..rounds {
        for turn in 0..FILES.len() {
            let file = (turn + round) % FILES.len();
            let inbox = &inboxes[file];
            for ((_, senders), measured) in WORK.iter().zip(&mut measured).take(2) {
                let store = Store::Inbox(inbox.clone());
                let took = senders::put(runtime, &store, events.take(batch), *senders)?;
                measured.add(file, took, batch);
            }
            let took = runtime.block_on(claim_and_finish(inbox, 2 * batch))?;
            measured[2].add(file, took, 2 * batch);
        }
    }
    let rows: Vec<_> = WORK
        .iter()
        .zip(&measured)
        .flat_map(|((work, _), measured)| {
            FILES.iter().enumerate().map(move |(file, name)| {
                vec![
                    (*work).to_owned(),
                    (*name).to_owned(),
                    table::time(measured.median(file)),
                    table::ratio(measured.ratio(file, EMPTY)),
                ]
            })
        })
        .collect();
    table::print("A large inbox", &["what", "events done", "time of one", "of none"], &rows);
    Ok(())
}

/// Claims and finishes `count` events, like a worker that handles 16 at a time.
async fn claim_and_finish(inbox: &SqliteInbox, count: usize) -> Result<Duration, Box<dyn Error>> {
    let (begun, mut finished) = (Instant::now(), 0);
    while finished < count {
        let claims =
            inbox.claim(ClaimRequest::new(WorkerId(1), 16, Duration::from_secs(30))).await?;
        if claims.events.is_empty() {
            return Err("events are missing".into());
        }
        let mut finishing = JoinSet::new();
        for claimed in claims.events {
            let inbox = inbox.clone();
            finishing.spawn(async move { inbox.finish(claimed.attempt, Ending::Done).await });
        }
        while let Some(ended) = finishing.join_next().await {
            finished += usize::from(ended??);
        }
    }
    Ok(begun.elapsed())
}

/// Adds done events. Their retention has ended unless `is_remembered`.
fn fill(
    path: &Path,
    rows: usize,
    payload: &[u8],
    is_remembered: bool,
) -> Result<(), Box<dyn Error>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as i64;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Random ids in order of arrival need many pages at once.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000")?;
    let transaction = connection.transaction()?;
    transaction.execute(
        "WITH RECURSIVE numbers (number) AS (
            SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < :rows)
         INSERT INTO room_hooks_events
            (id, signature, retention, keep_until, kind, format, room, received_at, size, state, attempts, finished_at,
             payload)
         SELECT randomblob(16), randomblob(16), :retention, :end + number, :kind, 1,
            'zego/1234567890/\"room-' || number % 1000 || '\"', :end - :retention + number, :size, 'done', 1,
            :end - :retention + number, :payload
         FROM numbers",
        named_params! {
            ":rows": rows as i64,
            ":retention": RETENTION.as_millis() as i64,
            ":end": if is_remembered { now + 3_600_000 } else { now - rows as i64 - 1 },
            ":kind": KIND,
            ":size": payload.len() as i64 + 350,
            ":payload": payload,
        },
    )?;
    if is_remembered {
        transaction.execute_batch(
            "INSERT INTO room_hooks_old_keys SELECT 'event', id, NULL, NULL FROM room_hooks_events;
             INSERT INTO room_hooks_old_keys SELECT 'signature', signature, id, keep_until FROM room_hooks_events;",
        )?;
    }
    transaction.execute_batch(
        "UPDATE room_hooks_totals SET
            (done, bytes) = (SELECT count(*), sum(size) FROM room_hooks_events),
            sequence = (SELECT max(sequence) FROM room_hooks_events),
            ids = (SELECT count(*) FROM room_hooks_old_keys WHERE kind = 'event'),
            signatures = (SELECT count(*) FROM room_hooks_old_keys WHERE kind = 'signature')",
    )?;
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
