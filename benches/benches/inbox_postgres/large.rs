//! The effect of a million done events on the cost of a put, and of a claim and its settlement.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use room_hooks::inbox::{ClaimRequest, Ending, InboxStore, WorkerId};
use room_hooks_benches::{is_smoke_run, measure::Rounds, table};
use room_hooks_postgres::PostgresInbox;
use test_postgres::Server;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    events::{Events, KIND, RETENTION},
    senders::{self, Store},
};

const EMPTY: usize = 0;

/// The done events in each database.
const DONE: [&str; 3] =
    ["none", "1,000,000, signatures forgotten", "1,000,000, ids and signatures remembered"];

/// The timed operations.
const WORK: [&str; 4] =
    ["put, 1 sender", "put, 32 senders", "claim and finish", "claim in order and finish"];

pub fn print(runtime: &Runtime, server: &Server) -> Result<(), Box<dyn Error>> {
    let done = if is_smoke_run() { 1_000 } else { 1_000_000 };
    let mut events = Events::new(1_000)?;
    let mut inboxes = Vec::new();
    for number in 0..DONE.len() {
        let payload = events.payload();
        inboxes.push(runtime.block_on(async {
            let url = server.database().await;
            let inbox = PostgresInbox::connect(&url).await?.with_max_rows(4_000_000);
            if number != EMPTY {
                fill(&url, done, payload, number == 2).await?;
            }
            Ok::<_, Box<dyn Error>>(inbox)
        })?);
    }
    let mut measured = WORK.map(|_| Rounds::new(DONE.len()));
    let (rounds, batch) = if is_smoke_run() { (1, 32) } else { (15, 512) };
    for round in 0..rounds {
        for turn in 0..DONE.len() {
            let database = (turn + round) % DONE.len();
            let inbox = &inboxes[database];
            let store = Store::Inbox(inbox.clone());
            for (work, senders) in [(0, 1), (1, 32)] {
                let took = senders::put(runtime, &store, events.take(batch), senders)?;
                measured[work].add(database, took, batch);
            }
            for (work, is_ordered) in [(2, false), (3, true)] {
                let took = runtime.block_on(claim_and_finish(inbox, batch, is_ordered))?;
                measured[work].add(database, took, batch);
            }
        }
    }
    let rows: Vec<_> = WORK
        .iter()
        .zip(&measured)
        .flat_map(|(work, measured)| {
            DONE.iter().enumerate().map(move |(database, name)| {
                vec![
                    (*work).to_owned(),
                    (*name).to_owned(),
                    table::time(measured.median(database)),
                    table::ratio(measured.ratio(database, EMPTY)),
                ]
            })
        })
        .collect();
    let header = ["what", "events done", "time of one", "of none"];
    table::print("A large inbox in PostgreSQL", &header, &rows);
    Ok(())
}

/// Claims and finishes `count` events, like a worker that handles 16 at a time.
async fn claim_and_finish(
    inbox: &PostgresInbox,
    count: usize,
    is_ordered: bool,
) -> Result<Duration, Box<dyn Error>> {
    let (begun, mut finished) = (Instant::now(), 0);
    while finished < count {
        let mut request = ClaimRequest::new(WorkerId(1), 16, Duration::from_secs(30));
        request.is_ordered = is_ordered;
        let claims = inbox.claim(request).await?;
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

/// Adds done events, whose signatures are still remembered if `with_signatures`.
async fn fill(
    url: &str,
    rows: usize,
    payload: &[u8],
    with_signatures: bool,
) -> Result<(), Box<dyn Error>> {
    let client = test_postgres::client(url).await;
    let fill = "WITH done AS (
            INSERT INTO room_hooks.events
                (id, signature, retention, keep_until, kind, format, room, received_at, size, state, attempts,
                 finished_at, payload)
            SELECT decode(md5('id' || number), 'hex'), decode(md5('signature' || number), 'hex'), $2::bigint,
                number, $3, 1, 'zego/1234567890/\"room-' || number % 1000 || '\"', number, 900, 'done', 1, number, $4
            FROM generate_series(1, $1::bigint) AS number
            RETURNING id, signature)
        INSERT INTO room_hooks.keys (key, owner, expires_at)
        SELECT 'e'::bytea || id, NULL, NULL FROM done
        UNION ALL SELECT 's'::bytea || signature, id, 4000000000000 FROM done WHERE $5";
    let retention = RETENTION.as_millis() as i64;
    client.execute(fill, &[&(rows as i64), &retention, &KIND, &payload, &with_signatures]).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}
