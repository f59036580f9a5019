//! What puts and claims cost. Ignored unless asked for, in a release build:
//! `cargo test --release -p room-hooks-postgres --test postgres -- --ignored --test-threads 1 measure`.

#![expect(clippy::print_stdout, reason = "it is asked for")]

use std::time::{Duration, Instant, SystemTime};

use libtest_mimic::Trial;
use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{Ending, InboxStore, NewEvent},
};
use room_hooks_postgres::{Database, PostgresInbox};
use test_postgres::Server;
use tokio::task::JoinSet;

use crate::{request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("measure_puts_relative_to_raw_inserts", puts_relative_to_raw_inserts)
            .with_ignored_flag(true),
        with_postgres("measure_a_million_done_rows", a_million_done_rows).with_ignored_flag(true),
    ]
}

const EVENTS: u64 = 4000;
const ROUNDS: u64 = 9;

/// One of 490 bytes, with an id and a signature that are random, as they are.
fn random(number: u64) -> NewEvent {
    let scatter = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834);
    let mut event = NewEvent::new("zego/room_create", vec![b'x'; 490], SystemTime::now());
    event.id = Some(DeliveryId::from_bytes(scatter.to_be_bytes()));
    event.signature = Some(SignatureKey::from_bytes((!scatter).to_be_bytes()));
    event.retention = Duration::from_secs(3600);
    event.room = Some(format!("zego/1/\"room {}\"", number % 1000));
    event
}

async fn put_all(inbox: &PostgresInbox, begin: u64, senders: u64) -> Duration {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for sender in 0..senders {
        let inbox = inbox.clone();
        tasks.spawn(async move {
            for number in (sender..EVENTS).step_by(senders as usize) {
                inbox.put(random(begin + number)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    begun.elapsed() / EVENTS as u32
}

async fn insert_raw(url: &str, begin: u64, senders: u64) -> Duration {
    let mut tasks = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..senders {
        let client = test_postgres::client(url).await;
        let sql = "INSERT INTO raw (id, signature, kind, format, room, received_at, payload)
            VALUES ($1, $2, $3, 1, $4, 0, $5)";
        let insert = client.prepare(sql).await.unwrap();
        clients.push((client, insert));
    }
    let begun = Instant::now();
    for (sender, (client, insert)) in (0..).zip(clients) {
        tasks.spawn(async move {
            for number in (sender..EVENTS).step_by(senders as usize) {
                let event = random(begin + number);
                let id = event.id.unwrap();
                let signature = event.signature.unwrap();
                let (id, signature) = (id.as_bytes().as_slice(), signature.as_bytes().as_slice());
                client
                    .execute(&insert, &[&id, &signature, &event.kind, &event.room, &event.payload])
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    begun.elapsed() / EVENTS as u32
}

async fn puts_relative_to_raw_inserts() {
    for senders in [1, 8, 32] {
        let server = Server::start_durable(&["max_wal_size=256MB"]);
        let client = server.client().await;
        client
            .batch_execute(
                "CREATE TABLE raw (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bytea UNIQUE,
                    signature bytea UNIQUE, kind text, format bigint, room text, received_at bigint, payload bytea)",
            )
            .await
            .unwrap();
        let database = Database::new(&server.url()).unwrap().with_max_connections(32);
        let inbox = PostgresInbox::connect_with(&database).await.unwrap();
        put_all(&inbox, 1 << 40, senders).await;
        let (mut ratios, mut costs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let raw = insert_raw(&server.url(), round * EVENTS, senders).await;
            let put = put_all(&inbox, round * EVENTS, senders).await;
            ratios.push(raw.as_secs_f64() / put.as_secs_f64());
            costs.push(put);
        }
        ratios.sort_by(f64::total_cmp);
        costs.sort();
        let [low, middle, high] = [ROUNDS / 4, ROUNDS / 2, ROUNDS * 3 / 4].map(|at| at as usize);
        println!(
            "{senders} senders: {:?} a put, x {:.2} the raw inserts a second ({:.2} to {:.2})",
            costs[middle], ratios[middle], ratios[low], ratios[high],
        );
    }
}

async fn a_million_done_rows() {
    let server = Server::start_durable(&["max_wal_size=256MB"]);
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap().with_max_rows(u64::MAX);
    for (round, name) in [
        "empty",
        "empty",
        "a million",
        "a million, analyzed",
        "a million, analyzed",
        "a million, analyzed",
    ]
    .into_iter()
    .enumerate()
    {
        if round == 2 {
            let fill = "WITH done AS (
                    INSERT INTO room_hooks.events (id, retention, keep_until, kind, format, room, received_at, size, state,
                        finished_at, attempts, payload)
                    SELECT decode(md5(number::text), 'hex'), 600000, 0, 'zego/room_create', 1, 'room ' || number % 1000, 0,
                        900, 'done', number, 1, decode(repeat('78', 490), 'hex')
                    FROM generate_series(1, 1000000) AS number RETURNING id)
                INSERT INTO room_hooks.keys (key) SELECT 'e'::bytea || id FROM done";
            server.client().await.batch_execute(fill).await.unwrap();
        }
        if round == 3 {
            for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
                server.client().await.batch_execute(sql).await.unwrap();
            }
        }
        let put = put_all(&inbox, (1 << 41) * (round as u64 + 1), 8).await;
        for is_ordered in [true, false] {
            let (mut claims, mut claimed) = (0, 0);
            let begun = Instant::now();
            while claimed < EVENTS / 2 {
                let mut request = request(1, 16);
                request.is_ordered = is_ordered;
                let events = inbox.claim(request).await.unwrap().events;
                claims += 1;
                claimed += events.len() as u64;
                for event in events {
                    inbox.finish(event.attempt, Ending::Done).await.unwrap();
                }
            }
            let each = begun.elapsed() / claimed as u32;
            println!("{name}: ordered {is_ordered}: {each:?} to claim and finish, {claims} claims");
        }
        let begun = Instant::now();
        let idle = 200;
        for _ in 0..idle {
            assert!(inbox.claim(request(1, 16)).await.unwrap().events.is_empty());
        }
        let poll = begun.elapsed() / idle;
        let begun = Instant::now();
        inbox.stats().await.unwrap();
        println!("{name}: {put:?} a put, {poll:?} a poll, {:?} for stats", begun.elapsed());
    }
}
