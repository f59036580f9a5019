//! Measurements. They assert no times, since a busy machine must not fail a test.
//!
//! ```sh
//! cargo test --release -p room-hooks-sqlite --test sqlite -- --ignored --nocapture --test-threads 1
//! ```

use std::time::{Duration, Instant};

use room_hooks::inbox::{Ending, InboxStore, NewEvent};
use room_hooks_sqlite::SqliteInbox;

use crate::{claim, event, file::File, request};

const ROWS: u64 = 1_000_000;
/// The number of rounds. Each measures both tables once, one after the other.
const ROUNDS: usize = 15;
const EVENTS: u64 = 2000;

/// Inserts `ROWS` done events, with random ids and signatures like real digests.
fn fill(file: &File) {
    file.connection()
        .execute_batch(&format!(
            "BEGIN;
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})
             INSERT INTO room_hooks_events (id, signature, retention, keep_until, kind, format, room, received_at, size,
                state, next_at, attempts, finished_at, payload)
             SELECT randomblob(16), randomblob(16), 600000, n * 1000, 'zego/room_create', 1,
                'zego/1234567890/\"room ' || (n % 10000) || '\"', n * 1000, 700, 'done', NULL, 1, n * 1000,
                zeroblob(400)
             FROM numbers;
             INSERT INTO room_hooks_keys SELECT 'event', id, NULL, NULL FROM room_hooks_events
                WHERE sequence > {ROWS} - 50000;
             INSERT INTO room_hooks_keys SELECT 'signature', signature, id, 1 << 50 FROM room_hooks_events
                WHERE sequence > {ROWS} - 50000;
             INSERT INTO room_hooks_old_keys SELECT 'event', id, NULL, NULL FROM room_hooks_events
                WHERE sequence <= {ROWS} - 50000 ORDER BY 2;
             INSERT INTO room_hooks_old_keys SELECT 'signature', signature, id, 1 << 50 FROM room_hooks_events
                WHERE sequence <= {ROWS} - 50000 ORDER BY 2;
             UPDATE room_hooks_totals SET sequence = {ROWS}, done = {ROWS}, bytes = {ROWS} * 700, ids = {ROWS},
                signatures = {ROWS}, recent = 100000;
             COMMIT;"
        ))
        .unwrap();
    file.checkpoint();
}

fn random(number: u64) -> NewEvent {
    let mut event = event(number);
    let mix = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    let id = u128::from(mix(number)) << 64 | u128::from(mix(mix(number)));
    event.id = Some(room_hooks::DeliveryId::from_bytes(id.to_be_bytes()));
    event.signature = Some(room_hooks::SignatureKey::from_bytes((id + 1).to_be_bytes()));
    event.payload = vec![b'x'; 400];
    event.room = Some(format!("zego/1234567890/\"room {}\"", number % 10_000));
    event
}

struct Cost {
    put_alone: Duration,
    put_together: Duration,
    claim: Duration,
    finish: Duration,
}

async fn measure(inbox: &SqliteInbox, begin: u64, is_ordered: bool) -> Cost {
    let begun = Instant::now();
    for number in 0..EVENTS / 8 {
        inbox.put(random(begin + number)).await.unwrap();
    }
    let put_alone = begun.elapsed() * 8 / EVENTS as u32;

    let begun = Instant::now();
    let senders: Vec<_> = (0..32)
        .map(|sender| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for number in (EVENTS + sender..EVENTS * 2).step_by(32) {
                    inbox.put(random(begin + number)).await.unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let put_together = begun.elapsed() / EVENTS as u32;

    let (mut claiming, mut finishing, mut events) = (Duration::ZERO, Duration::ZERO, 0);
    let mut request = request(1, 32);
    request.is_ordered = is_ordered;
    loop {
        let begun = Instant::now();
        let claimed = claim(inbox, &request).await;
        claiming += begun.elapsed();
        if claimed.is_empty() {
            break;
        }
        events += claimed.len() as u32;
        let begun = Instant::now();
        let finished: Vec<_> = claimed
            .into_iter()
            .map(|claimed| {
                let inbox = inbox.clone();
                tokio::spawn(async move { inbox.finish(claimed.attempt, Ending::Done).await })
            })
            .collect();
        for finished in finished {
            assert!(finished.await.unwrap().unwrap());
        }
        finishing += begun.elapsed();
    }
    Cost { put_alone, put_together, claim: claiming / events, finish: finishing / events }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of one or two minutes, for a release build"]
async fn put_and_claim_with_a_million_done_rows() {
    for is_ordered in [false, true] {
        let (empty, full) = (File::new(), File::new());
        drop(full.inbox());
        fill(&full);
        let (mut ratios, mut costs) = ([(); 4].map(|()| Vec::new()), [(); 4].map(|()| Vec::new()));
        let of_full = SqliteInbox::open(full.path()).unwrap().with_max_rows(2_000_000);
        // Each round adds the same events to both files.
        let of_empty = SqliteInbox::open(empty.path()).unwrap();
        for round in 0..ROUNDS {
            let begin = round as u64 * EVENTS * 2;
            let costs_of =
                |cost: Cost| [cost.put_alone, cost.put_together, cost.claim, cost.finish];
            let small = costs_of(measure(&of_empty, begin, is_ordered).await);
            let large = costs_of(measure(&of_full, begin, is_ordered).await);
            for (index, (small, large)) in small.into_iter().zip(large).enumerate() {
                ratios[index].push(large.as_secs_f64() / small.as_secs_f64());
                costs[index].push(small);
            }
        }
        for (index, name) in ["put, 1 sender", "put, 32 senders", "claim of 32", "finish of 32"]
            .into_iter()
            .enumerate()
        {
            ratios[index].sort_by(f64::total_cmp);
            costs[index].sort();
            println!(
                "{}{name}: {:?} per event in an empty table, x {:.2} with {ROWS} done rows ({:.2} to {:.2})",
                if is_ordered { "in order, " } else { "" },
                costs[index][ROUNDS / 2],
                ratios[index][ROUNDS / 2],
                ratios[index][ROUNDS / 4],
                ratios[index][ROUNDS * 3 / 4],
            );
        }
    }
}

/// Inserts the same rows with one thread, `senders` of them in each transaction.
fn insert_raw(connection: &rusqlite::Connection, begin: u64, senders: u64) -> Duration {
    let begun = Instant::now();
    for group in (0..EVENTS).step_by(senders as usize) {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut insert = connection
            .prepare_cached(
                "INSERT INTO raw VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )
            .unwrap();
        for number in group..group + senders {
            let event = random(begin + number);
            let id = event.id.map(|id| *id.as_bytes());
            let signature = event.signature.map(|signature| *signature.as_bytes());
            let row = (id, signature, event.kind, 1, event.room, 0, event.payload);
            insert.execute(row).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    begun.elapsed() / EVENTS as u32
}

async fn put_all(inbox: &SqliteInbox, begin: u64, senders: u64) -> Duration {
    let begun = Instant::now();
    let senders: Vec<_> = (0..senders)
        .map(|sender| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for number in (sender..EVENTS).step_by(senders as usize) {
                    inbox.put(random(begin + number)).await.unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    begun.elapsed() / EVENTS as u32
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, for a release build"]
async fn puts_relative_to_raw_inserts_in_groups() {
    for senders in [1, 8, 32] {
        let (file, raw) = (File::new(), File::new());
        let inbox = SqliteInbox::open(file.path()).unwrap();
        let connection = raw.connection();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE raw (sequence INTEGER PRIMARY KEY, id BLOB UNIQUE, signature BLOB UNIQUE, kind TEXT,
                    format INTEGER, room TEXT, received_at INTEGER, payload BLOB) STRICT",
            )
            .unwrap();
        let (mut ratios, mut costs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS as u64 {
            let raw = insert_raw(&connection, round * EVENTS, senders);
            let put = put_all(&inbox, round * EVENTS, senders).await;
            ratios.push(raw.as_secs_f64() / put.as_secs_f64());
            costs.push(put);
        }
        ratios.sort_by(f64::total_cmp);
        costs.sort();
        println!(
            "{senders} senders: {:?} per put, x {:.2} the raw inserts per second ({:.2} to {:.2})",
            costs[ROUNDS / 2],
            ratios[ROUNDS / 2],
            ratios[ROUNDS / 4],
            ratios[ROUNDS * 3 / 4],
        );
    }
}
