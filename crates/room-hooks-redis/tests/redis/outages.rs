//! A Redis that is unavailable, slow, full or read-only, hangs, rejects the login or loses its data
//! while a service keeps running.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{
    Delivery, FailurePolicy, Hooks, RoomCreated, Verified, hooks::StoreError, zego::Zego,
};
use room_hooks_redis::RedisStore;
use tokio::{sync::Notify, task::JoinSet, time::sleep};

use crate::{
    LEASE, body,
    relay::Relay,
    room,
    server::{Server, unused_port},
    store::{claim, claimed, connected, granted},
    with_redis, zego,
};

pub(crate) fn trials() -> Vec<Trial> {
    use FailurePolicy::{Closed, Open};
    vec![
        with_redis("a_restart_with_policy_open", || a_restart_in_mid_traffic(Open)),
        with_redis("a_restart_with_policy_closed", || a_restart_in_mid_traffic(Closed)),
        with_redis("a_hung_redis_costs_a_bounded_time", a_hung_redis_costs_a_bounded_time),
        with_redis("an_operation_waits_for_a_slow_redis", an_operation_waits_for_a_slow_redis),
        with_redis("a_redis_that_is_too_slow_with_policy_open", || timed_out(Open)),
        with_redis("a_redis_that_is_too_slow_with_policy_closed", || timed_out(Closed)),
        with_redis("a_full_redis_with_policy_open", || full(Open)),
        with_redis("a_full_redis_with_policy_closed", || full(Closed)),
        with_redis("a_read_only_replica_with_policy_open", || read_only(Open)),
        with_redis("a_read_only_replica_with_policy_closed", || read_only(Closed)),
        with_redis("a_closed_connection_is_not_an_error", a_closed_connection_is_not_an_error),
        with_redis("a_service_starts_before_its_redis", a_service_starts_before_its_redis),
        with_redis("a_rejected_login_is_not_permanent", a_rejected_login_is_not_permanent),
    ]
}

/// The timeout of an operation, 500 ms, is between the two.
const SLOW: Duration = Duration::from_millis(150);
const TOO_SLOW: Duration = Duration::from_millis(700);

/// The rooms that a handler has seen, once for each call.
type Rooms = Arc<Mutex<Vec<String>>>;

fn hooks(store: RedisStore, store_failure: FailurePolicy) -> (Hooks<Zego>, Rooms) {
    let rooms = Rooms::default();
    let seen = Arc::clone(&rooms);
    let hooks = Hooks::new(zego())
        .on(move |created: Verified<RoomCreated>| {
            seen.lock().unwrap().push(created.into_inner().room_id);
            std::future::ready(())
        })
        .with_store(store)
        .with_store_failure_policy(store_failure);
    (hooks, rooms)
}

fn rooms(count: usize) -> Vec<String> {
    (0..count).map(|_| room()).collect()
}

async fn deliver(hooks: &Hooks<Zego>, room: &str) -> u16 {
    deliver_again(hooks, &body(room)).await
}

/// Delivers the same bytes again, like a retry from ZEGO.
async fn deliver_again(hooks: &Hooks<Zego>, body: &[u8]) -> u16 {
    hooks.deliver(Delivery::new(body), SystemTime::now()).await.status
}

async fn deliver_at_once(hooks: &Hooks<Zego>, rooms: &[String]) -> Vec<u16> {
    let mut deliveries = JoinSet::new();
    for room in rooms {
        let (hooks, room) = (hooks.clone(), room.clone());
        deliveries.spawn(async move { deliver(&hooks, &room).await });
    }
    deliveries.join_all().await
}

/// Delivers the rooms again until all are acknowledged. The first round suffices unless this
/// machine is too busy.
async fn all_acknowledged(hooks: &Hooks<Zego>, rooms: &[String]) {
    let begun = Instant::now();
    while deliver_at_once(hooks, rooms).await.iter().any(|status| *status != 200) {
        assert!(begun.elapsed() < LEASE * 20, "claims end with their leases");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn a_restart_in_mid_traffic(store_failure: FailurePolicy) {
    let mut server = Server::start();
    let (hooks, handled) = hooks(connected(&server.url()).await, store_failure);
    let sender = hooks.clone();
    let traffic = tokio::spawn(async move {
        let mut deliveries = JoinSet::new();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(1500) {
            let hooks = sender.clone();
            deliveries.spawn(async move {
                let room = room();
                (deliver(&hooks, &room).await, room)
            });
            sleep(Duration::from_millis(2)).await;
        }
        deliveries.join_all().await
    });
    sleep(Duration::from_millis(400)).await;
    server.kill();
    let down = deliver(&hooks, "while it is down").await;
    sleep(Duration::from_millis(400)).await;
    server.start_again();
    for _ in 0..2 {
        assert_eq!(deliver(&hooks, "when it is back").await, 200);
    }

    let answers = traffic.await.unwrap();
    let handled = handled.lock().unwrap();
    let seen: HashSet<_> = handled.iter().collect();
    assert_eq!(seen.len(), handled.len(), "each delivery is handled once, also after the restart");
    for (status, room) in &answers {
        assert_eq!(*status == 200, seen.contains(room), "{room} was answered with {status}");
    }
    let refused = answers.iter().filter(|(status, _)| *status == 503).count();
    match store_failure {
        FailurePolicy::Open => assert_eq!((down, refused), (200, 0)),
        _ => assert!(down == 503 && (1..answers.len()).contains(&refused), "{refused}"),
    }
}

async fn a_hung_redis_costs_a_bounded_time() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let (hooks, handled) = hooks(store.clone(), FailurePolicy::Open);
    assert_eq!(deliver(&hooks, "before").await, 200);
    server.hang();
    for round in 0..2 {
        let begun = Instant::now();
        assert_eq!(deliver_at_once(&hooks, &rooms(100)).await, [200; 100]);
        assert!(begun.elapsed() < Duration::from_millis(1500), "{round}: {:?}", begun.elapsed());
    }
    server.go_on();
    granted(claim(&store, &claimed().await).await);
    assert_eq!(deliver(&hooks, "before").await, 200);
    assert_eq!(handled.lock().unwrap().len(), 201, "earlier deliveries are still known");
}

/// With the policy `Closed`, so that a failed claim would be a 503.
async fn an_operation_waits_for_a_slow_redis() {
    let server = Server::start();
    let relay = Relay::to(&server);
    let store = connected(&relay.url()).await;
    let (hooks, handled) = hooks(store, FailurePolicy::Closed);
    let hooks = hooks.with_lease(LEASE);
    assert_eq!(deliver(&hooks, "before").await, 200);
    relay.delay(SLOW);
    let rooms = rooms(20);
    let begun = Instant::now();
    for _ in 0..2 {
        all_acknowledged(&hooks, &rooms).await;
    }
    assert!(begun.elapsed() >= SLOW * 3, "a claim, a settlement and another claim");
    assert_eq!(handled.lock().unwrap().len(), 21, "each delivery is handled once");
}

async fn timed_out(store_failure: FailurePolicy) {
    let server = Server::start();
    let relay = Relay::to(&server);
    let store = connected(&relay.url()).await;
    let (hooks, handled) = hooks(store, store_failure);
    let hooks = hooks.with_lease(LEASE);
    assert_eq!(deliver(&hooks, "before").await, 200);
    relay.delay(TOO_SLOW);
    let late = rooms(20);
    let statuses = deliver_at_once(&hooks, &late).await;
    match store_failure {
        FailurePolicy::Open => {
            assert_eq!(statuses, [200; 20]);
            assert_eq!(handled.lock().unwrap().len(), 1 + 20);
        }
        _ => {
            assert_eq!(statuses, [503; 20]);
            assert_eq!(handled.lock().unwrap().len(), 1);
        }
    }

    relay.delay(Duration::ZERO);
    if store_failure == FailurePolicy::Closed {
        // Some deliveries stay claimed until the lease ends, because the replies to their claims
        // came too late.
        all_acknowledged(&hooks, &late).await;
    }
    let new = rooms(20);
    for _ in 0..2 {
        all_acknowledged(&hooks, &new).await;
    }
    let handled: HashSet<_> = handled.lock().unwrap().iter().cloned().collect();
    assert!(late.iter().chain(&new).all(|room| handled.contains(room)), "nothing is lost");
}

/// While Redis is full, new deliveries follow the policy, and known ones stay known.
async fn full(store_failure: FailurePolicy) {
    let server = Server::start_with(&["--maxmemory-policy", "noeviction"]);
    let store = connected(&server.url()).await;
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (Arc::clone(&begun), Arc::clone(&gate));
    let waiting = Hooks::new(zego())
        .on_with(signals, async |(begun, gate), _: Verified<RoomCreated>| {
            begun.notify_one();
            gate.notified().await;
        })
        .with_store(store.clone())
        .with_store_failure_policy(store_failure);
    let (hooks, handled) = hooks(store, store_failure);
    let (before, during, new) = (body("before"), body("during"), body("new"));
    assert_eq!(deliver_again(&hooks, &before).await, 200);
    let sent = during.clone();
    let handling = tokio::spawn(async move { deliver_again(&waiting, &sent).await });
    begun.notified().await;

    let _: () = server.command("CONFIG SET maxmemory 1").await;
    let (status, new_ones): (_, &[_]) = match store_failure {
        FailurePolicy::Open => (200, &["new", "new"]),
        _ => (503, &[]),
    };
    for _ in 0..2 {
        assert_eq!(deliver_again(&hooks, &new).await, status);
        assert_eq!(deliver_again(&hooks, &before).await, 200, "known deliveries stay known");
    }
    let forged = String::from_utf8(new.clone()).unwrap().replace("\"new\"", "\"vault\"");
    assert_eq!(deliver_again(&hooks, forged.as_bytes()).await, 401, "a signature stays bound");
    assert_eq!(deliver_again(&hooks, &during).await, 503);
    gate.notify_one();
    assert_eq!(handling.await.unwrap(), 200);
    assert_eq!(deliver_again(&hooks, &during).await, 200, "the running delivery is settled");
    assert_eq!(*handled.lock().unwrap(), [&["before"], new_ones].concat());

    let _: () = server.command("CONFIG SET maxmemory 0").await;
    for body in [&before, &during, &new, &new] {
        assert_eq!(deliver_again(&hooks, body).await, 200);
    }
    assert_eq!(*handled.lock().unwrap(), [&["before"], new_ones, &["new"]].concat());
}

/// After a failover, the address may still lead to the former primary.
async fn read_only(store_failure: FailurePolicy) {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let (hooks, handled) = hooks(store, store_failure);
    let (before, new) = (body("before"), body("new"));
    assert_eq!(deliver_again(&hooks, &before).await, 200);

    let _: () = server.command(&format!("REPLICAOF 127.0.0.1 {}", unused_port())).await;
    assert_eq!(deliver_again(&hooks, &before).await, 200, "known deliveries stay known");
    let (status, seen): (_, &[_]) = match store_failure {
        FailurePolicy::Open => (200, &["before", "new"]),
        _ => (503, &["before"]),
    };
    assert_eq!(deliver_again(&hooks, &new).await, status);
    assert_eq!(*handled.lock().unwrap(), seen);

    let _: () = server.command("REPLICAOF NO ONE").await;
    for body in [&body("newer"), &before] {
        assert_eq!(deliver_again(&hooks, body).await, 200);
    }
    if store_failure == FailurePolicy::Closed {
        assert_eq!(deliver_again(&hooks, &new).await, 200);
    }
    let handled = handled.lock().unwrap();
    assert_eq!(
        handled.iter().collect::<HashSet<_>>().len(),
        handled.len(),
        "each delivery is handled once"
    );
    assert_eq!(handled.len(), 3);
}

async fn a_closed_connection_is_not_an_error() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    for _ in 0..10 {
        let _: u32 = server.command("CLIENT KILL TYPE normal").await;
        granted(claim(&store, &claimed().await).await);
    }
}

async fn a_service_starts_before_its_redis() {
    let mut server = Server::start();
    server.kill();
    let store = RedisStore::connect_lazily(&server.url()).unwrap();
    let delivery = claimed().await;
    assert!(matches!(claim(&store, &delivery).await, Err(StoreError::Unavailable(_))));
    server.start_again();
    granted(claim(&store, &delivery).await);
}

async fn a_rejected_login_is_not_permanent() {
    let server = Server::start_with(&["--requirepass", "right"]);
    let url = |password| format!("redis://:{password}@127.0.0.1:{}", server.port());
    let store = RedisStore::connect_lazily(&url("wrong")).unwrap();
    let delivery = claimed().await;
    for _ in 0..2 {
        assert!(matches!(claim(&store, &delivery).await, Err(StoreError::Unavailable(_))));
    }
    let admin = redis::Client::open(url("right")).unwrap();
    let mut admin = admin.get_multiplexed_async_connection().await.unwrap();
    let change = ["SET", "requirepass", "wrong"];
    redis::cmd("CONFIG").arg(&change).exec_async(&mut admin).await.unwrap();
    granted(claim(&store, &delivery).await);
}
