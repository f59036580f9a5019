//! Concurrent operations, and processes that freeze in the middle of one.

use std::{
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use room_hooks::inbox::{AttemptId, ClaimRequest, Ending, InboxStore, Retention, WorkerId};
use room_hooks_postgres::PostgresInbox;
use test_postgres::Server;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{LEASE, claim, event, in_room, relay::Relay, request, sequences, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("concurrent_operations_never_deadlock", concurrent_operations_never_deadlock),
        with_postgres(
            "a_process_frozen_in_a_claim_blocks_neither_the_room_nor_renewals",
            a_process_frozen_in_a_claim,
        ),
        with_postgres("a_crash_during_a_claim_is_counted", a_crash_during_a_claim_is_counted),
        with_postgres(
            "a_first_count_slower_than_a_put_completes_in_the_background",
            a_first_count_slower_than_a_put,
        ),
        with_postgres("a_listener_that_hangs_while_it_connects_is_replaced", a_listener_that_hangs),
    ]
}

fn ordered(worker: i64, limit: usize) -> ClaimRequest {
    let mut request = request(worker, limit);
    request.is_ordered = true;
    request
}

/// A small pseudorandom generator. The test only needs variety.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 11
}

async fn concurrent_operations_never_deadlock() {
    let url = test_postgres::database().await;
    let connect = async || {
        PostgresInbox::connect(&url).await.unwrap().with_max_rows(150).with_max_bytes(1 << 30)
    };
    let inboxes = [connect().await, connect().await];
    let end = Instant::now() + Duration::from_secs(4);
    let (mut tasks, count) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
    for task in 0..12_u64 {
        let inbox = inboxes[task as usize % 2].clone();
        let count = Arc::clone(&count);
        tasks.spawn(async move {
            let mut state = 0x9e37_79b9 + task * 7919;
            while Instant::now() < end {
                count.fetch_add(1, Ordering::Relaxed);
                let (choice, number) = (next(&mut state) % 20, next(&mut state) % 60);
                let worker = (next(&mut state) % 4) as i64;
                match choice {
                    0..8 => {
                        let mut event = in_room(number, ["a", "b", "c"][number as usize % 3]);
                        let signature = [(next(&mut state) % 60) as u8; 16];
                        event.signature = Some(room_hooks::SignatureKey::from_bytes(signature));
                        event.retention = Duration::from_millis(300);
                        match inbox.put(event).await {
                            Ok(_) | Err(room_hooks::inbox::InboxError::Full) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    8..12 => {
                        let mut request = request(worker, 5);
                        request.is_ordered = choice % 2 == 0;
                        request.lease = Duration::from_millis(number);
                        for claimed in inbox.claim(request).await.unwrap().events {
                            let ending = match next(&mut state) % 4 {
                                0 => Ending::Done,
                                1 => Ending::Retry {
                                    after: Duration::from_millis(number),
                                    error: "later".into(),
                                },
                                2 => Ending::Dead { error: "never".into() },
                                _ => continue,
                            };
                            inbox.finish(claimed.attempt, ending).await.unwrap();
                        }
                    }
                    12 => {
                        let retention = Duration::from_millis(number);
                        inbox.prune(Retention::new(retention, retention), 20).await.unwrap();
                    }
                    13..15 => {
                        inbox.renew(WorkerId(worker), Duration::from_millis(20)).await.unwrap();
                    }
                    _ => {
                        let listed = inbox.list(None, 0, 40).await.unwrap();
                        let Some(record) = listed.get(number as usize % listed.len().max(1)) else {
                            continue;
                        };
                        let attempt = AttemptId::new(record.sequence, record.attempts);
                        match choice {
                            15 | 16 => drop(inbox.retry(record.sequence).await.unwrap()),
                            17 => drop(inbox.discard(record.sequence).await.unwrap()),
                            _ => drop(inbox.finish(attempt, Ending::Done).await.unwrap()),
                        }
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    let client = test_postgres::client(&url).await;
    sleep(Duration::from_millis(1500)).await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(client.query_one(deadlocks, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert!(count.load(Ordering::Relaxed) > 0);
    // The ids of stored events do not expire, and are unique.
    let broken = "SELECT count(*) FROM room_hooks.events AS event
        LEFT JOIN room_hooks.keys ON key = 'e'::bytea || id
        WHERE key IS NULL OR expires_at IS NOT NULL OR EXISTS (
            SELECT FROM room_hooks.events AS other
            WHERE other.id = event.id AND other.sequence <> event.sequence)";
    assert_eq!(client.query_one(broken, &[]).await.unwrap().get::<_, i64>(0), 0);
}

/// The server rolls back the transaction, although the connection of the frozen process stays open.
async fn a_process_frozen_in_a_claim() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.put(in_room(1, "a")).await.unwrap();
    // The lease statement is slow, so that the process freezes before the response.
    let client = test_postgres::client(&url).await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
        CREATE TRIGGER slow BEFORE UPDATE ON room_hooks.events FOR EACH ROW
            WHEN (NEW.worker = 1) EXECUTE FUNCTION slow();";
    client.batch_execute(slow).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let frozen = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let inbox = PostgresInbox::connect(&url).await.unwrap();
                let mut claim = inbox.claim(ordered(1, 1));
                assert!(timeout(Duration::from_millis(500), &mut claim).await.is_err());
                while !is_over.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(10));
                }
            });
        }
    });
    sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    loop {
        let claimed = claim(&inbox, &ordered(2, 1)).await;
        if !claimed.is_empty() {
            assert_eq!(sequences(&claimed), [1]);
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(12), "the room is blocked");
        sleep(Duration::from_millis(100)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    frozen.join().unwrap();
}

/// A lease runs out after the crashes were counted and before a suspect is leased.
async fn a_crash_during_a_claim_is_counted() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    inbox.put(event(2)).await.unwrap();
    assert_eq!(claim(&inbox, &request(1, 2)).await.len(), 2);
    inbox.advance_clock(LEASE);
    // Counting the first crash takes 800 ms, and the lease of the second event runs out meanwhile.
    let client = test_postgres::client(&url).await;
    let alone = "UPDATE room_hooks.events SET is_alone = true, crashes = 2,
            next_at = next_at + CASE WHEN sequence = 2 THEN 400 ELSE 0 END;
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.8); RETURN NEW; END $$;
        CREATE TRIGGER slow BEFORE UPDATE ON room_hooks.events FOR EACH ROW
            WHEN (NEW.sequence = 1) EXECUTE FUNCTION slow();";
    client.batch_execute(alone).await.unwrap();
    for _ in 0..3 {
        assert!(claim(&inbox, &request(2, 1)).await.is_empty(), "the third crash is not counted");
    }
    assert_eq!(inbox.stats().await.unwrap().dead, 2);
}

/// The core gives up on a put after a second. The count must not start again with each one.
async fn a_first_count_slower_than_a_put() {
    let server = Server::start();
    let client = server.client().await;
    drop(PostgresInbox::connect(&server.url()).await.unwrap());
    client
        .batch_execute(
            "CREATE ROLE slow LOGIN;
             GRANT USAGE ON SCHEMA room_hooks TO slow;
             GRANT ALL ON ALL TABLES IN SCHEMA room_hooks TO slow;
             ALTER TABLE room_hooks.events ENABLE ROW LEVEL SECURITY;
             CREATE POLICY put ON room_hooks.events FOR INSERT TO slow WITH CHECK (true);
             CREATE POLICY count ON room_hooks.events FOR SELECT TO slow
                USING (pg_sleep(0.6) IS NOT NULL);",
        )
        .await
        .unwrap();
    PostgresInbox::connect(&server.url()).await.unwrap().put(event(0)).await.unwrap();
    let url = server.url().replace("postgres@", "slow@");
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    let begun = Instant::now();
    loop {
        let put = timeout(Duration::from_millis(300), inbox.put(event(1))).await;
        if let Ok(put) = put {
            put.unwrap();
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "no put succeeds");
    }
}

async fn a_listener_that_hangs() {
    let server = Server::start();
    let relay = Relay::to(&server);
    let inbox = PostgresInbox::connect(&relay.url()).await.unwrap();
    relay.delay(Duration::from_secs(3600));
    drop(timeout(Duration::from_millis(200), inbox.notified()).await);
    relay.delay(Duration::ZERO);
    let other = PostgresInbox::connect(&server.url()).await.unwrap();
    let begun = Instant::now();
    for number in 0.. {
        other.put(event(number)).await.unwrap();
        if timeout(Duration::from_millis(300), inbox.notified()).await.is_ok() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the inbox is never notified");
    }
}
