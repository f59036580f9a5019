//! A worker that survives failures of its database.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use room_hooks_postgres::PostgresInbox;
use test_postgres::Server;
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use crate::{
    relay::Relay,
    traffic::{Handled, deliver, hooks, worker},
    with_postgres,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("a_worker_continues_after_a_failover", after_a_failover),
        with_postgres("a_worker_continues_after_a_database_was_read_only", after_it_was_read_only),
        with_postgres(
            "a_worker_continues_after_a_database_was_out_of_connections",
            after_it_was_out_of_connections,
        ),
        with_postgres("a_worker_continues_after_a_database_hung", after_it_hung),
    ]
}

/// A worker that runs from start to end without intervention.
struct Untouched {
    inbox: PostgresInbox,
    handled: Handled,
    stop: oneshot::Sender<()>,
    worker: JoinHandle<()>,
}

impl Untouched {
    async fn start(url: &str) -> Self {
        let inbox = PostgresInbox::connect(url).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let handled = Handled::default();
        let worker = worker(&inbox, &handled, Duration::from_millis(1)).ordered_by_room();
        let worker = worker.with_lease(Duration::from_secs(2));
        let worker = tokio::spawn(worker.run_until(async { drop(stopped.await) }));
        let started = Self { inbox, handled, stop, worker };
        started.handles(0).await;
        started
    }

    /// Delivers an event, with retries, and waits until the worker has handled it.
    async fn handles(&self, number: usize) {
        let (hooks, begun) = (hooks(&self.inbox), Instant::now());
        let is_late = || begun.elapsed() > Duration::from_secs(30);
        while deliver(&hooks, "lobby", number).await != 200 {
            assert!(!is_late(), "the inbox takes events");
            sleep(Duration::from_millis(100)).await;
        }
        while !self.handled.rooms().values().any(|numbers| numbers.contains(&number)) {
            assert!(!is_late(), "the worker handles {number}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn end(self) {
        drop(self.stop);
        self.worker.await.unwrap();
    }
}

async fn after_a_failover() {
    let primary = Server::start();
    let replica = primary.start_replica();
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port(),
        replica.port()
    );
    let worker = Untouched::start(&url).await;
    drop(primary);
    sleep(Duration::from_secs(1)).await;
    replica.client().await.query_one("SELECT pg_promote()", &[]).await.unwrap();
    worker.handles(1).await;
    worker.end().await;
}

async fn after_it_was_read_only() {
    let server = Server::start();
    let worker = Untouched::start(&server.url()).await;
    let client = server.client().await;
    client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    for is_on in ["on", "off"] {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {is_on}");
        client.batch_execute(&set).await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        sleep(Duration::from_secs(2)).await;
    }
    worker.handles(1).await;
    worker.end().await;
}

async fn after_it_was_out_of_connections() {
    let server = Server::start_with(&["max_connections=20"]);
    let admin = server.client().await;
    // Three connections are reserved for superusers.
    admin.batch_execute("CREATE ROLE rooms LOGIN").await.unwrap();
    admin.batch_execute("GRANT CREATE ON DATABASE postgres TO rooms").await.unwrap();
    let url = server.url().replace("postgres@", "rooms@");
    let worker = Untouched::start(&url).await;
    // Closes the worker's connections. Other clients then take every free connection.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rooms'";
    admin.query(end, &[]).await.unwrap();
    let config: tokio_postgres::Config = url.parse().unwrap();
    let mut others = Vec::new();
    while let Ok((other, connection)) = config.connect(tokio_postgres::NoTls).await {
        tokio::spawn(connection);
        others.push(other);
    }
    assert!(others.len() > 10);
    sleep(Duration::from_secs(3)).await;
    drop(others);
    worker.handles(1).await;
    worker.end().await;
}

async fn after_it_hung() {
    let server = Server::start();
    let relay = Relay::to(&server);
    let worker = Untouched::start(&relay.url()).await;
    // Responses to statements from now on never arrive.
    relay.delay(Duration::from_secs(3600));
    sleep(Duration::from_secs(15)).await;
    relay.delay(Duration::ZERO);
    worker.handles(1).await;
    worker.end().await;
}
