//! The failure policies during an outage of the database. The sender never retries.

use std::{
    collections::BTreeSet,
    env, fs,
    ops::Range,
    path::PathBuf,
    process,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{
    Delivery, Hooks,
    inbox::{InboxStore, OnInboxFailure},
    zego::Zego,
};
use room_hooks_postgres::PostgresInbox;
use room_hooks_sqlite::SqliteInbox;
use serde_json::json;
use test_postgres::Server;
use tokio::{sync::oneshot, time::sleep};

use crate::{
    traffic::{Handled, all_done, hooks, worker, zego},
    with_postgres,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("spill_loses_nothing_in_an_outage_of_five_minutes", spill_loses_nothing),
        with_postgres("handle_directly_loses_nothing_in_an_outage", handle_directly_loses_nothing),
        with_postgres("refuse_loses_only_refused_events", refuse_loses_only_refused_events),
        with_postgres("a_slow_database_makes_events_spill", a_slow_database_makes_events_spill),
        with_postgres("a_spill_moves_to_another_inbox", a_spill_moves_to_another_inbox),
    ]
}

const ROOMS: u64 = 3;

/// The number of events. Each takes one second of simulated time.
const EVENTS: u64 = 360;
const AWAY: Range<u64> = 30..330;

/// Sends one event per second of simulated time, without retries, while the database is unavailable
/// for five minutes. Returns the acknowledged events.
async fn outage(server: &mut Server, hooks: &Hooks<Zego>) -> BTreeSet<u64> {
    let begun = SystemTime::now();
    let mut acknowledged = BTreeSet::new();
    for number in 0..EVENTS {
        if number == AWAY.start {
            server.kill();
        } else if number == AWAY.end {
            server.start_again();
        }
        if send(hooks, number, begun + Duration::from_secs(number)).await == 200 {
            acknowledged.insert(number);
        }
    }
    acknowledged
}

async fn send(hooks: &Hooks<Zego>, number: u64, time: SystemTime) -> u16 {
    let event = json!({
        "event": "room_create", "room_id": format!("room {}", number % ROOMS), "room_name": number.to_string()
    });
    let body = zego().sign(&event, time).unwrap().body;
    hooks.deliver(Delivery::new(&body), time).await.status
}

/// Runs an ordered worker until all events in the inbox are done. Returns the result of `send` and
/// the handled events.
async fn handle<T>(
    inbox: &PostgresInbox,
    handled: &Handled,
    send: impl Future<Output = T>,
) -> (T, BTreeSet<u64>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = worker(inbox, handled, Duration::ZERO).ordered_by_room();
    let worker = worker.with_lease(Duration::from_secs(2));
    let worker = tokio::spawn(worker.run_until(async { drop(stopped.await) }));
    let sent = send.await;
    all_done(inbox, Duration::from_secs(60)).await;
    drop(stop);
    worker.await.unwrap();
    let rooms = handled.rooms();
    (sent, rooms.values().flatten().map(|number| *number as u64).collect())
}

async fn spill_loses_nothing() {
    let mut server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let (file, handled) = (File::new(), Handled::default());
    let spill = Arc::new(SqliteInbox::open(&file.0).unwrap());
    let policy = OnInboxFailure::Spill(Arc::clone(&spill) as Arc<dyn InboxStore>);
    let hooks = hooks(&inbox).with_inbox_failure_policy(policy);
    let sent = async {
        let acknowledged = outage(&mut server, &hooks).await;
        drained(&*spill).await;
        acknowledged
    };
    let (acknowledged, numbers) = handle(&inbox, &handled, sent).await;
    assert_eq!(acknowledged, (0..EVENTS).collect());
    assert_eq!(numbers, acknowledged);
    // One process received all events, so they keep their order.
    for (room, numbers) in handled.rooms() {
        assert!(numbers.is_sorted(), "{room}: {numbers:?}");
    }
    assert_eq!(spill.stats().await.unwrap().dead, 0);
}

async fn handle_directly_loses_nothing() {
    let mut server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let (handled, directly) = (Handled::default(), Handled::default());
    let hooks = hooks(&inbox)
        .with_inbox_failure_policy(OnInboxFailure::HandleDirectly)
        .with_handlers(directly.handlers(Duration::ZERO));
    let sent = outage(&mut server, &hooks);
    let (acknowledged, mut numbers) = handle(&inbox, &handled, sent).await;
    // The handler fails the first attempt at every tenth event, and the sender does not retry.
    let failed = AWAY.filter(|number| number % 10 == 3);
    let expected: BTreeSet<u64> =
        (0..EVENTS).filter(|number| !failed.clone().any(|it| it == *number)).collect();
    assert_eq!(acknowledged, expected);
    numbers.extend(directly.rooms().values().flatten().map(|number| *number as u64));
    assert_eq!(numbers, acknowledged);
}

async fn refuse_loses_only_refused_events() {
    let mut server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let (hooks, handled) = (hooks(&inbox), Handled::default());
    let sent = outage(&mut server, &hooks);
    let (acknowledged, numbers) = handle(&inbox, &handled, sent).await;
    // After the restart, some puts fail on broken connections.
    assert!(acknowledged.iter().all(|number| !AWAY.contains(number)), "{acknowledged:?}");
    assert!(acknowledged.len() as u64 >= EVENTS - (AWAY.end - AWAY.start) - 10);
    assert_eq!(numbers, acknowledged);
}

/// A put times out, but may have been committed.
async fn a_slow_database_makes_events_spill() {
    let server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let (file, handled) = (File::new(), Handled::default());
    let spill = Arc::new(SqliteInbox::open(&file.0).unwrap());
    let policy = OnInboxFailure::Spill(Arc::clone(&spill) as Arc<dyn InboxStore>);
    let hooks = hooks(&inbox).with_inbox_failure_policy(policy);
    drained(&*spill).await;
    sleep(Duration::from_secs(3)).await;
    let now = SystemTime::now();
    assert_eq!(send(&hooks, 0, now).await, 200);
    let mut client = server.client().await;
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute("LOCK TABLE room_hooks.events IN EXCLUSIVE MODE").await.unwrap();
    let begun = Instant::now();
    for number in 1..20 {
        assert_eq!(send(&hooks, number, now).await, 200);
    }
    // The first put waits for a second. The others do not wait.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    transaction.commit().await.unwrap();
    let (_, numbers) = handle(&inbox, &handled, drained(&*spill)).await;
    assert_eq!(numbers, (0..20).collect());
    for (room, numbers) in handled.rooms() {
        assert!(numbers.is_sorted(), "{room}: {numbers:?}");
    }
}

/// The migration of an inbox from SQLite to PostgreSQL.
async fn a_spill_moves_to_another_inbox() {
    let (server, file, handled) = (Server::start(), File::new(), Handled::default());
    let before = SqliteInbox::open(&file.0).unwrap();
    let now = SystemTime::now();
    let old_hooks = Hooks::new(zego()).with_inbox(before.clone());
    for number in 0..10 {
        assert_eq!(send(&old_hooks, number, now).await, 200);
    }
    drop(old_hooks);
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let policy = OnInboxFailure::Spill(Arc::new(before.clone()));
    let hooks = hooks(&inbox).with_inbox_failure_policy(policy);
    let sent = async {
        for number in 5..15 {
            assert_eq!(send(&hooks, number, now).await, 200);
        }
        drained(&before).await;
    };
    let ((), numbers) = handle(&inbox, &handled, sent).await;
    assert_eq!(numbers, (0..15).collect());
    for (room, numbers) in handled.rooms() {
        assert!(numbers.is_sorted(), "{room}: {numbers:?}");
        assert_eq!(numbers.len(), 5, "each event is handled once");
    }
}

async fn drained(spill: &dyn InboxStore) {
    let begun = Instant::now();
    loop {
        let stats = spill.stats().await.unwrap();
        if stats.ready + stats.leased == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{stats:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// A path in its own directory, which is removed when this is dropped.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};

        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let directory =
            env::temp_dir().join(format!("room-hooks-spill-{}-{number}", process::id()));
        fs::create_dir(&directory).unwrap();
        Self(directory.join("spill.db"))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = self.0.parent().map(fs::remove_dir_all);
    }
}
