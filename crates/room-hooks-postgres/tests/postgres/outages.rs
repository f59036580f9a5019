//! A database that is unavailable, slow, read-only, out of connections or replaced by a failover.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use room_hooks::{
    FailurePolicy, Hooks, Verified,
    inbox::{Ending, InboxStore, PutOutcome},
    zego::RoomCreated,
};
use room_hooks_postgres::{Database, PostgresInbox, PostgresStore};
use test_postgres::Server;
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_postgres::Client;

use crate::{
    claim, event,
    relay::Relay,
    request,
    traffic::{Handled, all_done, body, deliver, deliver_again, hooks, worker, zego},
    unavailable, with_postgres,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("a_restart_under_traffic_loses_nothing", || restart(false)),
        with_postgres("a_restart_under_traffic_keeps_the_order", || restart(true)),
        with_postgres("a_service_starts_before_its_database", a_service_starts_first),
        with_postgres("a_restart_forgets_no_delivery", a_restart_forgets_no_delivery),
        with_postgres("a_failover_to_a_promoted_replica", a_failover),
        with_postgres("a_read_only_database_is_unavailable", a_read_only_database),
        with_postgres("a_database_out_of_connections_is_unavailable", out_of_connections),
        with_postgres("an_operation_waits_briefly_for_an_exhausted_pool", an_exhausted_pool),
        with_postgres(
            "an_operation_waits_for_a_slow_database",
            an_operation_waits_for_a_slow_database,
        ),
        with_postgres(
            "an_abandoned_operation_does_not_delay_the_next",
            an_abandoned_operation_does_not_delay_the_next,
        ),
        with_postgres(
            "abandoned_operations_leave_no_connections_behind",
            abandoned_operations_leave_no_connections_behind,
        ),
        with_postgres(
            "a_heartbeat_works_on_its_own_runtimes",
            a_heartbeat_works_on_its_own_runtimes,
        ),
    ]
}

/// Puts an event again and again until the database, which has just restarted, accepts it.
async fn put_until_new(inbox: &PostgresInbox, number: u64) {
    let begun = Instant::now();
    loop {
        match inbox.put(event(number)).await {
            Ok(PutOutcome::New) => return,
            other => assert!(begun.elapsed() < Duration::from_secs(15), "{other:?}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

const ROOMS: usize = 8;

async fn restart(is_ordered: bool) {
    let mut server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let handled = Handled::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut worker = worker(&inbox, &handled, Duration::from_millis(2));
    if is_ordered {
        worker = worker.ordered_by_room();
    }
    // A short lease, so that events whose claim lost its response run again within this test.
    let worker = worker.with_lease(Duration::from_secs(2));
    let worker = tokio::spawn(worker.run_until(async { drop(stopped.await) }));
    let mut senders = JoinSet::new();
    for room in 0..ROOMS {
        let hooks = hooks(&inbox);
        senders.spawn(async move {
            let (begun, mut number, mut failed) = (Instant::now(), 0, 0);
            while begun.elapsed() < Duration::from_secs(4) {
                // The sender retries.
                while deliver(&hooks, &format!("room {room}"), number).await != 200 {
                    failed += 1;
                    sleep(Duration::from_millis(20)).await;
                }
                number += 1;
                sleep(Duration::from_millis(5)).await;
            }
            (room, number, failed)
        });
    }
    sleep(Duration::from_secs(1)).await;
    server.kill();
    sleep(Duration::from_millis(500)).await;
    server.start_again();
    let sent = senders.join_all().await;
    assert!(sent.iter().any(|(_, _, failed)| *failed > 0), "the database was unavailable");
    all_done(&inbox, Duration::from_secs(60)).await;
    drop(stop);
    worker.await.unwrap();
    let rooms = handled.rooms();
    for (room, number, _) in sent {
        let numbers = &rooms[&format!("room {room}")];
        let distinct: HashSet<_> = numbers.iter().copied().collect();
        assert_eq!(distinct, (0..number).collect(), "room {room}");
        // An event that was being handled when the database stopped may run again, right after the
        // first attempt.
        assert!(!is_ordered || numbers.is_sorted(), "{numbers:?}");
    }
}

async fn a_service_starts_first() {
    let mut server = Server::start();
    server.kill();
    let database = Database::new(&server.url()).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    assert!(unavailable(inbox.put(event(1)).await).contains("refused"));
    assert!(unavailable(inbox.claim(request(1, 1)).await).contains("refused"));
    server.start_again();
    put_until_new(&inbox, 1).await;
    assert_eq!(claim(&inbox, &request(1, 1)).await.len(), 1);
}

/// The connections of the delivery store break unnoticed.
async fn a_restart_forgets_no_delivery() {
    let mut server = Server::start();
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let hooks = Hooks::new(zego())
        .on_with(Arc::clone(&calls), async |calls: Arc<AtomicUsize>, _: Verified<RoomCreated>| {
            calls.fetch_add(1, Ordering::Relaxed);
        })
        .with_store(store)
        .with_store_failure_policy(FailurePolicy::Closed);
    let bodies = [body("room", 1), body("room", 2)];
    assert_eq!(deliver_again(&hooks, &bodies[0]).await, 200);
    server.kill();
    assert_eq!(deliver_again(&hooks, &bodies[1]).await, 503);
    server.start_again();
    for body in bodies {
        let begun = Instant::now();
        while deliver_again(&hooks, &body).await != 200 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the database is available again");
        }
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2, "each delivery is handled once");
}

async fn a_failover() {
    let primary = Server::start();
    let client = primary.client().await;
    let replica = primary.start_replica();
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port(),
        replica.port()
    );
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for number in 0..20 {
        inbox.put(event(number)).await.unwrap();
    }
    let caught_up =
        "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
    let begun = Instant::now();
    while client.query_one(caught_up, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the replica catches up");
        sleep(Duration::from_millis(20)).await;
    }
    drop(primary);
    unavailable(inbox.put(event(100)).await);
    replica.client().await.query_one("SELECT pg_promote()", &[]).await.unwrap();
    put_until_new(&inbox, 100).await;
    assert_eq!(inbox.put(event(19)).await.unwrap(), PutOutcome::Duplicate);
    assert_eq!(claim(&inbox, &request(1, 100)).await.len(), 21);
}

/// A former primary, or a database under maintenance, is read-only but still reachable.
async fn a_read_only_database() {
    let server = Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    let client = server.client().await;
    client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    let set = async |is_on: &str| {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {is_on}");
        client.batch_execute(&set).await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        sleep(Duration::from_millis(200)).await;
    };
    set("on").await;
    let before = sessions(&client).await;
    for number in 0..50 {
        let reason = unavailable(inbox.put(event(10 + number)).await);
        assert!(reason.contains("read-only"), "{reason}");
        unavailable(inbox.claim(request(1, 1)).await);
    }
    // One connection per failure would be a hundred.
    assert!(sessions(&client).await - before <= 10);
    let error = PostgresInbox::connect(&server.url()).await.unwrap_err();
    assert!(matches!(error, room_hooks_postgres::ConnectError::ReadOnly), "{error:?}");
    set("off").await;
    put_until_new(&inbox, 10).await;
    assert_eq!(claim(&inbox, &request(1, 10)).await.len(), 2);
}

/// The number of sessions so far.
async fn sessions(client: &Client) -> i64 {
    let sessions = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()";
    client.query_one(sessions, &[]).await.unwrap().get(0)
}

async fn out_of_connections() {
    let server = Server::start_with(&["max_connections=8"]);
    let client = server.client().await;
    // Three connections are reserved for superusers.
    client.batch_execute("CREATE ROLE rooms LOGIN").await.unwrap();
    client.batch_execute("GRANT CREATE ON DATABASE postgres TO rooms").await.unwrap();
    let url = server.url().replace("postgres@", "rooms@");
    let database = Database::new(&url).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(test_postgres::client(&url).await);
    }
    let reason = unavailable(inbox.put(event(1)).await);
    assert!(reason.contains("reserved") || reason.contains("too many clients"), "{reason}");
    drop(others);
    put_until_new(&inbox, 1).await;
}

async fn an_exhausted_pool() {
    let url = test_postgres::database().await;
    let database = Database::new(&url).unwrap().with_max_connections(1);
    let inbox = PostgresInbox::connect_with(&database).await.unwrap();
    inbox.put(event(0)).await.unwrap();
    sleep(Duration::from_millis(200)).await;
    let mut client = test_postgres::client(&url).await;
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute("LOCK TABLE room_hooks.keys").await.unwrap();
    let blocked = {
        let inbox = inbox.clone();
        tokio::spawn(async move { inbox.put(event(1)).await })
    };
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let reason = unavailable(inbox.put(event(2)).await);
    assert!(reason.contains("no free database connection"), "{reason}");
    let waited = begun.elapsed();
    assert!(waited > Duration::from_millis(900), "{waited:?}");
    transaction.commit().await.unwrap();
    assert_eq!(blocked.await.unwrap().unwrap(), PutOutcome::New);
    assert_eq!(inbox.put(event(2)).await.unwrap(), PutOutcome::New);
}

async fn an_operation_waits_for_a_slow_database() {
    let server = Server::start();
    let relay = Relay::to(&server);
    let inbox = PostgresInbox::connect(&relay.url()).await.unwrap();
    inbox.put(event(0)).await.unwrap();
    relay.delay(Duration::from_millis(150));
    let begun = Instant::now();
    let mut puts = JoinSet::new();
    for number in 1..20 {
        let inbox = inbox.clone();
        puts.spawn(async move { inbox.put(event(number)).await.unwrap() });
    }
    assert!(puts.join_all().await.iter().all(|put| *put == PutOutcome::New));
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let handled = claim(&inbox, &request(1, 100)).await;
    assert_eq!(handled.len(), 20);
    for claimed in handled {
        assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
    }
}

/// The core gives up on a put after a second. Its connection waits for a response that never
/// arrives.
async fn an_abandoned_operation_does_not_delay_the_next() {
    let server = Server::start();
    let relay = Relay::to(&server);
    let database = Database::new(&relay.url()).unwrap().with_max_connections(2);
    let inbox = PostgresInbox::connect_with(&database).await.unwrap();
    inbox.put(event(0)).await.unwrap();
    // The count and the notification use connections of the pool, too.
    sleep(Duration::from_millis(500)).await;
    relay.delay(Duration::from_secs(3600));
    for number in 1..5 {
        let put = timeout(Duration::from_millis(300), inbox.put(event(number))).await;
        assert!(put.is_err(), "{put:?}");
    }
    relay.delay(Duration::ZERO);
    let begun = Instant::now();
    assert_eq!(inbox.put(event(10)).await.unwrap(), PutOutcome::New);
    // By itself, an operation ends after 10 s.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// Otherwise, each would wait on the server while the lock is held, and other services would run
/// out of connections.
async fn abandoned_operations_leave_no_connections_behind() {
    let url = test_postgres::database().await;
    let database = Database::new(&url).unwrap().with_max_connections(8);
    let inbox = PostgresInbox::connect_with(&database).await.unwrap();
    inbox.put(event(0)).await.unwrap();
    let client = test_postgres::client(&url).await;
    let mut other = test_postgres::client(&url).await;
    let transaction = other.transaction().await.unwrap();
    transaction.batch_execute("LOCK TABLE room_hooks.events").await.unwrap();
    for round in 0..4 {
        let mut puts = JoinSet::new();
        for number in 0..8 {
            let inbox = inbox.clone();
            let put = async move { inbox.put(event(100 * (round + 1) + number)).await };
            puts.spawn(timeout(Duration::from_millis(300), put));
        }
        assert!(puts.join_all().await.iter().all(Result::is_err), "the lock is held");
    }
    let count = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'room-hooks'";
    let begun = Instant::now();
    loop {
        let connections: i64 = client.query_one(count, &[]).await.unwrap().get(0);
        if connections <= 8 {
            break;
        }
        // By itself, an operation ends after 10 s.
        assert!(begun.elapsed() < Duration::from_secs(5), "{connections} connections");
        sleep(Duration::from_millis(20)).await;
    }
    transaction.commit().await.unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    // The abandoned puts have not been stored later.
    assert_eq!(inbox.stats().await.unwrap().ready, 2);
}

async fn a_heartbeat_works_on_its_own_runtimes() {
    let inbox = PostgresInbox::connect(&test_postgres::database().await).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    let mut short = request(1, 1);
    short.lease = Duration::from_secs(2);
    let claimed = claim(&inbox, &short).await;
    let heartbeat = inbox.for_heartbeat().unwrap().unwrap();
    // Each renewal runs on a new runtime, which ends before the next one.
    for _ in 0..5 {
        let heartbeat = heartbeat.clone();
        let renew = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(heartbeat.renew(short.worker, short.lease))
        };
        std::thread::spawn(renew).join().unwrap().unwrap();
        sleep(Duration::from_millis(600)).await;
        let other = inbox.claim(request(2, 1)).await.unwrap();
        assert!(other.events.is_empty() && !other.suspects_wait);
    }
    assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
}
