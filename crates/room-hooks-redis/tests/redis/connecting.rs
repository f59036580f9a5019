//! Errors when Redis cannot be used. They never contain the password.

use std::error::Error;

use libtest_mimic::Trial;
use room_hooks::hooks::StoreError;
use room_hooks_redis::{ConnectError, RedisStore};

use crate::{
    server::{Server, unused_port},
    store::{claim, claimed, connected},
    with_redis, without_redis,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        without_redis("an_unreachable_server_is_reported", an_unreachable_server_is_reported),
        with_redis("a_failed_login_is_reported", a_failed_login_is_reported),
        with_redis(
            "a_redis_that_takes_no_writes_or_keys_is_refused",
            a_redis_that_takes_no_writes_or_keys_is_refused,
        ),
        with_redis(
            "an_error_reply_does_not_cost_a_reconnect_per_operation",
            an_error_reply_does_not_cost_a_reconnect_per_operation,
        ),
    ]
}

async fn an_unreachable_server_is_reported() {
    let url = format!("redis://user:hunter2@127.0.0.1:{}/0", unused_port());
    let error = RedisStore::connect(&url).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unusable(_)));
    assert!(told(&error).contains("refused"), "{}", told(&error));

    let store = RedisStore::connect_lazily(&url).unwrap();
    let Err(StoreError::Unavailable(source)) = claim(&store, &claimed().await).await else {
        panic!("no server listens");
    };
    assert!(told(source.as_ref()).contains("refused"));
    assert_eq!(format!("{store:?}"), r#"RedisStore { prefix: "{room-hooks}:", .. }"#);

    for url in ["hunter2", "redis://:hunter2@:1", "http://:hunter2@127.0.0.1", "redis://a/hunter2"]
    {
        let error = RedisStore::connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::InvalidUrl(_)), "{url}");
        told(&error);
    }
}

async fn a_failed_login_is_reported() {
    let server = Server::start_with(&["--requirepass", "right"]);
    let url = format!("redis://:hunter2@127.0.0.1:{}", server.port());
    for (url, reason) in [(url, "failed"), (server.url(), "NOAUTH")] {
        let error = RedisStore::connect(&url).await.unwrap_err();
        assert!(told(&error).contains(reason), "{}", told(&error));
    }
}

async fn a_redis_that_takes_no_writes_or_keys_is_refused() {
    let server = Server::start();
    let _: () = server.command("ACL SETUSER limited on >secret ~other:* +@all").await;
    let url = format!("redis://limited:secret@127.0.0.1:{}", server.port());
    let error = RedisStore::connect(&url).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unusable(_)), "{}", told(&error));
    let other = RedisStore::connect_lazily(&url).unwrap().with_prefix("other:");
    other.check().await.unwrap();

    let _: () = server.command(&format!("REPLICAOF 127.0.0.1 {}", unused_port())).await;
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    assert!(told(&error).to_lowercase().contains("read"), "{}", told(&error));
}

/// A replica rejects each write with `READONLY`, but is still reachable.
async fn an_error_reply_does_not_cost_a_reconnect_per_operation() {
    let server = Server::start();
    let store = connected(&server.url()).await;
    let _: () = server.command(&format!("REPLICAOF 127.0.0.1 {}", unused_port())).await;
    let connections = async || -> u64 {
        let stats: String = server.command("INFO stats").await;
        let line = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        line.unwrap().parse().unwrap()
    };
    let deliveries = [claimed().await, claimed().await, claimed().await];
    let before = connections().await;
    for _ in 0..20 {
        for delivery in &deliveries {
            assert!(matches!(claim(&store, delivery).await, Err(StoreError::Unavailable(_))));
        }
    }
    // The query itself connects once, and one reconnect per second is allowed.
    assert!(connections().await - before <= 5);
}

/// The full text of an error. Panics if it contains the password.
#[track_caller]
fn told(error: &(dyn Error + 'static)) -> String {
    let mut told = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        told += &format!(": {error}");
        next = error.source();
    }
    assert!(!told.contains("hunter2"), "{told}");
    told
}
