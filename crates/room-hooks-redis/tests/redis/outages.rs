//! A Redis that is away, hangs, refuses or forgets, under a service that goes on.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{
    Delivery, Hooks, RoomCreated, Verified,
    hooks::{StoreError, StoreFailure},
    zego::Zego,
};
use room_hooks_redis::RedisClaims;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    body, room,
    server::Server,
    store::{claim, claimed, granted},
    with_redis, zego,
};

pub(crate) fn trials() -> Vec<Trial> {
    use StoreFailure::{Handle, Refuse};
    vec![
        with_redis("a_restart_with_handling_anyway", || a_restart_in_mid_traffic(Handle)),
        with_redis("a_restart_with_refusing", || a_restart_in_mid_traffic(Refuse)),
        with_redis("a_hung_redis_costs_a_bounded_time", a_hung_redis_costs_a_bounded_time),
        with_redis("a_closed_connection_is_no_error", a_closed_connection_is_no_error),
        with_redis("a_service_starts_before_its_redis", a_service_starts_before_its_redis),
        with_redis("a_refused_log_in_is_not_for_ever", a_refused_log_in_is_not_for_ever),
    ]
}

/// The rooms that a handler has seen, once for each call.
type Rooms = Arc<Mutex<Vec<String>>>;

fn hooks(claims: RedisClaims, store_failure: StoreFailure) -> (Hooks<Zego>, Rooms) {
    let rooms = Rooms::default();
    let seen = Arc::clone(&rooms);
    let hooks = Hooks::new(zego())
        .on(move |created: Verified<RoomCreated>| {
            seen.lock().unwrap().push(created.event.room_id);
            std::future::ready(())
        })
        .with_claims(claims)
        .with_store_failure(store_failure);
    (hooks, rooms)
}

async fn deliver(hooks: &Hooks<Zego>, room: &str) -> u16 {
    hooks.deliver(Delivery::new("", &(), &body(room)), SystemTime::now()).await.status
}

async fn a_restart_in_mid_traffic(store_failure: StoreFailure) {
    let mut server = Server::start();
    let (hooks, handled) = hooks(RedisClaims::connect(&server.url()).await.unwrap(), store_failure);
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
    assert_eq!(seen.len(), handled.len(), "each is handled once, also when it is back");
    for (status, room) in &answers {
        assert_eq!(*status == 200, seen.contains(room), "{room} was answered {status}");
    }
    let refused = answers.iter().filter(|(status, _)| *status == 503).count();
    match store_failure {
        StoreFailure::Handle => assert_eq!((down, refused), (200, 0)),
        _ => assert!(down == 503 && (1..answers.len()).contains(&refused), "{refused}"),
    }
}

async fn a_hung_redis_costs_a_bounded_time() {
    let server = Server::start();
    let claims = RedisClaims::connect(&server.url()).await.unwrap();
    let (hooks, handled) = hooks(claims.clone(), StoreFailure::Handle);
    assert_eq!(deliver(&hooks, "before").await, 200);
    server.hang();
    for round in 0..2 {
        let begun = Instant::now();
        let mut deliveries = JoinSet::new();
        for _ in 0..100 {
            let hooks = hooks.clone();
            deliveries.spawn(async move { deliver(&hooks, &room()).await });
        }
        assert_eq!(deliveries.join_all().await, [200; 100]);
        assert!(begun.elapsed() < Duration::from_millis(1500), "{round}: {:?}", begun.elapsed());
    }
    server.go_on();
    granted(claim(&claims, &claimed().await).await);
    assert_eq!(deliver(&hooks, "before").await, 200);
    assert_eq!(handled.lock().unwrap().len(), 201, "what was before is still known");
}

async fn a_closed_connection_is_no_error() {
    let server = Server::start();
    let claims = RedisClaims::connect(&server.url()).await.unwrap();
    for _ in 0..10 {
        let _: u32 = server.command("CLIENT KILL TYPE normal").await;
        granted(claim(&claims, &claimed().await).await);
    }
}

async fn a_service_starts_before_its_redis() {
    let mut server = Server::start();
    server.kill();
    let claims = RedisClaims::connect_lazily(&server.url()).unwrap();
    let delivery = claimed().await;
    assert!(matches!(claim(&claims, &delivery).await, Err(StoreError::OutOfOrder(_))));
    server.start_again();
    granted(claim(&claims, &delivery).await);
}

async fn a_refused_log_in_is_not_for_ever() {
    let server = Server::start_with(&["--requirepass", "right"]);
    let url = |password| format!("redis://:{password}@127.0.0.1:{}", server.port());
    let claims = RedisClaims::connect_lazily(&url("wrong")).unwrap();
    let delivery = claimed().await;
    for _ in 0..2 {
        assert!(matches!(claim(&claims, &delivery).await, Err(StoreError::OutOfOrder(_))));
    }
    let admin = redis::Client::open(url("right")).unwrap();
    let mut admin = admin.get_multiplexed_async_connection().await.unwrap();
    let change = ["SET", "requirepass", "wrong"];
    redis::cmd("CONFIG").arg(&change).exec_async(&mut admin).await.unwrap();
    granted(claim(&claims, &delivery).await);
}
