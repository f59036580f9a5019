//! The store without hooks.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{
    Delivery, Hooks, RoomCreated, Verified,
    hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError},
    testing::acceptance,
};
use room_hooks_redis::{ConnectError, RedisStore};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{body, room, server::Server, with_redis, zego};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_redis("the_store_passes_the_acceptance_suite", the_store_passes_the_acceptance_suite),
        with_redis("every_key_expires", every_key_expires),
        with_redis(
            "a_claim_whose_reply_is_lost_is_granted",
            a_claim_whose_reply_is_lost_is_granted,
        ),
        with_redis("a_full_redis_refuses_claims_only", a_full_redis_refuses_claims_only),
        with_redis("services_with_other_prefixes", services_with_other_prefixes),
        with_redis("a_prefix_with_a_hash_tag_is_one_slot", a_prefix_with_a_hash_tag_is_one_slot),
    ]
}

/// A unique delivery with its signature.
pub(crate) async fn claimed() -> DeliveryKey {
    let (sender, mut keys) = unbounded_channel();
    let hooks = Hooks::new(zego()).on(async |_: Verified<RoomCreated>| {}).with_store(Spy(sender));
    hooks.deliver(Delivery::new(&body(&room())), SystemTime::now()).await;
    keys.recv().await.unwrap()
}

/// Connects, with retries in case this machine is busy.
pub(crate) async fn connected(url: &str) -> RedisStore {
    let begun = Instant::now();
    loop {
        match RedisStore::connect(url).await {
            Ok(store) => return store,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(10), "{error}"),
        }
    }
}

pub(crate) async fn claim(
    store: &RedisStore,
    it: &DeliveryKey,
) -> Result<ClaimOutcome, StoreError> {
    store.claim(*it, Instant::now()).await
}

#[track_caller]
pub(crate) fn granted(claim: Result<ClaimOutcome, StoreError>) -> ClaimToken {
    match claim {
        Ok(ClaimOutcome::Granted(token)) => token,
        other => panic!("the delivery is free, but the claim returned {other:?}"),
    }
}

#[derive(Debug)]
struct Spy(UnboundedSender<DeliveryKey>);

impl DeliveryStore for Spy {
    async fn claim(&self, delivery: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        self.0.send(delivery).unwrap();
        Ok(ClaimOutcome::Settled)
    }

    async fn bind(&self, delivery: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        self.0.send(delivery).unwrap();
        Ok(true)
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}

async fn the_store_passes_the_acceptance_suite() {
    let server = Server::start();
    acceptance(&connected(&server.url()).await, tokio::time::sleep).await;
}

/// Also with spans of zero, and of more than Redis can represent.
async fn every_key_expires() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let now = Instant::now();
    let mut keys = 0;
    for span in [Duration::from_secs(60), Duration::MAX, Duration::ZERO] {
        let mut it = claimed().await;
        (it.lease, it.retention) = (span, span);
        let token = granted(claim(&store, &it).await);
        keys += all_expire(&server).await;
        store.renew(it, token, now).await.unwrap();
        keys += all_expire(&server).await;
        store.settle(it, now).await.unwrap();
        store.release(it, token, now).await.unwrap();
        keys += all_expire(&server).await;
    }
    assert!(keys >= 6 + 12, "each round checks the keys of the earlier ones, too");
}

async fn all_expire(server: &Server) -> usize {
    let (cursor, keys): (u64, Vec<String>) = server.command("SCAN 0 COUNT 1000").await;
    assert_eq!(cursor, 0);
    for key in &keys {
        let left: i64 = server.command(&format!("PTTL {key}")).await;
        assert!(left != -1, "{key} never expires");
        assert!(key.starts_with("{room-hooks}:"), "{key}");
    }
    keys.len()
}

/// A relay closes the connection once, after the script has run.
async fn a_claim_whose_reply_is_lost_is_granted() {
    let server = Server::start();
    let relay = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", relay.local_addr().unwrap());
    let port = server.port();
    thread::spawn(move || {
        let mut to_lose = 1;
        for client in relay.incoming() {
            let mut redis = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut client, mut buffer) = (client.unwrap(), [0; 65536]);
            while let Ok(length @ 1..) = client.read(&mut buffer) {
                let request = buffer[..length].to_vec();
                redis.write_all(&request).unwrap();
                let length = redis.read(&mut buffer).unwrap();
                if to_lose > 0 && buffer[..length].ends_with(b"granted\r\n") {
                    to_lose -= 1;
                    break;
                }
                client.write_all(&buffer[..length]).unwrap();
            }
        }
    });
    let store = connected(&url).await;
    let it = claimed().await;
    granted(claim(&store, &it).await);
    assert!(matches!(claim(&store, &it).await, Ok(ClaimOutcome::InProgress)));
}

async fn a_full_redis_refuses_claims_only() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let (done, failed, new) = (claimed().await, claimed().await, claimed().await);
    granted(claim(&store, &done).await);
    let token = granted(claim(&store, &failed).await);

    let _: () = server.command("CONFIG SET maxmemory 1").await;
    assert!(matches!(claim(&store, &new).await, Err(StoreError::Full)));
    let now = Instant::now();
    store.renew(failed, token, now).await.unwrap();
    store.settle(done, now).await.unwrap();
    store.release(failed, token, now).await.unwrap();
    assert!(matches!(claim(&store, &done).await, Ok(ClaimOutcome::Settled)));

    let _: () = server.command("CONFIG SET maxmemory 0").await;
    granted(claim(&store, &new).await);
    granted(claim(&store, &failed).await);
}

async fn services_with_other_prefixes() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let other = store.clone().with_prefix("other:");
    let it = claimed().await;
    granted(claim(&store, &it).await);
    granted(claim(&other, &it).await);
}

async fn a_prefix_with_a_hash_tag_is_one_slot() {
    let server = Server::start_with(&["--cluster-enabled", "yes"]);
    let _: () = server.command("CLUSTER ADDSLOTSRANGE 0 16383").await;
    while !server.command::<String>("CLUSTER INFO").await.contains("cluster_state:ok") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let store = connected(&server.url()).await;
    let it = claimed().await;
    let without_a_tag = store.clone().with_prefix("room-hooks:");
    assert!(matches!(without_a_tag.check().await, Err(ConnectError::Unusable(_))));
    assert!(matches!(claim(&without_a_tag, &it).await, Err(StoreError::Unavailable(_))));
    granted(claim(&store, &it).await);
    store.settle(it, Instant::now()).await.unwrap();
    assert!(matches!(claim(&store, &it).await, Ok(ClaimOutcome::Settled)));
}
