//! Operations that end early because the caller stops waiting or its machine stops.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use room_hooks::inbox::{InboxStore, PutOutcome};
use room_hooks_postgres::{Database, PostgresInbox};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};
use tokio_postgres::Client;

use crate::{claim, event, in_room, relay::Relay, request, sequences, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("abandoned_statements_are_canceled", canceled),
        with_postgres("a_machine_that_stops_during_a_claim_releases_its_rooms", power_loss),
        with_postgres("connecting_can_take_longer_than_a_put_waits", slow_connecting),
        with_postgres("a_first_host_that_drops_packets_is_skipped", first_host_is_unreachable),
        with_postgres("counting_can_take_longer_than_a_put_waits", slow_count),
    ]
}

/// How long the core waits for a put by default.
const PUT: Duration = Duration::from_secs(1);

async fn count(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// While a table is locked, senders try again and again. Abandoned statements must not use up the
/// connections of the server.
async fn canceled() {
    let url = test_postgres::database().await;
    let database = Database::new(&url).unwrap().with_max_connections(4);
    let inbox = PostgresInbox::connect_with(&database).await.unwrap();
    inbox.put(event(0)).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    let mut client = test_postgres::client(&url).await;
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute("LOCK TABLE room_hooks.keys").await.unwrap();
    for number in 1..30 {
        let put = timeout(Duration::from_millis(50), inbox.put(event(number))).await;
        assert!(put.is_err(), "{put:?}");
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let begun = Instant::now();
    while transaction.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        // By itself, an operation ends after 10 s.
        assert!(begun.elapsed() < Duration::from_secs(5), "statements still wait");
        sleep(Duration::from_millis(20)).await;
    }
    transaction.commit().await.unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    assert_eq!(inbox.stats().await.unwrap().ready, 2);
}

/// The server notices only after hours that the peer of an idle connection has disappeared.
async fn power_loss() {
    let server = test_postgres::Server::start();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let relay = Relay::to(&server);
    let stopping = PostgresInbox::connect(&relay.url()).await.unwrap();
    let mut ordered = request(1, 10);
    ordered.is_ordered = true;
    // This claim prepares the statements.
    inbox.put(in_room(0, "a")).await.unwrap();
    assert_eq!(claim(&stopping, &ordered).await.len(), 1);
    inbox.put(in_room(1, "b")).await.unwrap();
    relay.delay(Duration::from_millis(300));
    let stopped = tokio::spawn(async move {
        let claim = stopping.claim(ordered);
        let _ = timeout(Duration::from_secs(3600), claim).await;
    });
    let client = server.client().await;
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    while count(&client, locks).await == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    relay.delay(Duration::from_secs(3600));
    let begun = Instant::now();
    let mut other = request(2, 10);
    other.is_ordered = true;
    loop {
        let claimed = claim(&inbox, &other).await;
        if !claimed.is_empty() {
            assert_eq!(sequences(&claimed), [2]);
            break;
        }
        // On a running machine, the operation ends after 10 s.
        assert!(begun.elapsed() < Duration::from_secs(8), "the room is still locked");
        sleep(Duration::from_millis(100)).await;
    }
    stopped.abort();
}

/// The first request after a restart, with a server in another region.
async fn slow_connecting() {
    let server = test_postgres::Server::start();
    let relay = Relay::to(&server);
    relay.delay(Duration::from_millis(250));
    let database = Database::new(&relay.url()).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    put_within(&inbox, Duration::from_secs(8)).await;
}

async fn put_within(inbox: &PostgresInbox, limit: Duration) {
    let begun = Instant::now();
    loop {
        if let Ok(put) = timeout(PUT, inbox.put(event(1))).await
            && put.is_ok()
        {
            return;
        }
        assert!(begun.elapsed() < limit, "no put succeeds");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The machine of the old primary has lost power.
async fn first_host_is_unreachable() {
    let server = test_postgres::Server::start();
    // The kernel drops further connection requests while its queue is full.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        queued.push(connected.unwrap());
    }
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        address.port(),
        server.port()
    );
    let database = Database::new(&url).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    put_within(&inbox, Duration::from_secs(10)).await;
}

/// The first count after a restart, with millions of events. Here, each of 300 events takes 10 ms.
async fn slow_count() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for number in 100..400 {
        inbox.put(event(number)).await.unwrap();
    }
    let client = test_postgres::client(&url).await;
    let database: String = client.query_one("SELECT current_database()", &[]).await.unwrap().get(0);
    let slow = format!(
        "CREATE ROLE {database} LOGIN;
        GRANT USAGE ON SCHEMA room_hooks TO {database};
        GRANT ALL ON ALL TABLES IN SCHEMA room_hooks TO {database};
        ALTER TABLE room_hooks.events ENABLE ROW LEVEL SECURITY;
        CREATE POLICY slow ON room_hooks.events FOR SELECT USING (pg_sleep(0.01) IS NOT NULL);
        CREATE POLICY put ON room_hooks.events FOR INSERT WITH CHECK (true);"
    );
    client.batch_execute(&slow).await.unwrap();
    let url = url.replace("postgres@", &format!("{database}@"));
    let database = Database::new(&url).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    put_within(&inbox, Duration::from_secs(5)).await;
}
