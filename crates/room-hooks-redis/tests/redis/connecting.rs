//! What an operator is told whose Redis cannot be used; never the password.

use std::error::Error;

use libtest_mimic::Trial;
use room_hooks::hooks::StoreError;
use room_hooks_redis::{ConnectError, RedisClaims};

use crate::{
    server::{Server, unused_port},
    store::{claim, claimed},
    with_redis, without_redis,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        without_redis("a_url_that_leads_nowhere", a_url_that_leads_nowhere),
        with_redis("a_log_in_that_fails_is_clear", a_log_in_that_fails_is_clear),
    ]
}

async fn a_url_that_leads_nowhere() {
    let url = format!("redis://user:hunter2@127.0.0.1:{}/0", unused_port());
    let error = RedisClaims::connect(&url).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unusable(_)));
    assert!(told(&error).contains("refused"), "{}", told(&error));

    let claims = RedisClaims::connect_lazily(&url).unwrap();
    let Err(StoreError::OutOfOrder(source)) = claim(&claims, &claimed().await).await else {
        panic!("nobody is there");
    };
    assert!(told(source.as_ref()).contains("refused"));
    assert_eq!(format!("{claims:?}"), r#"RedisClaims { prefix: "room-hooks:", .. }"#);

    for url in ["hunter2", "redis://:hunter2@:1", "http://:hunter2@127.0.0.1", "redis://a/hunter2"]
    {
        let error = RedisClaims::connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::InvalidUrl(_)), "{url}");
        told(&error);
    }
}

async fn a_log_in_that_fails_is_clear() {
    let server = Server::start_with(&["--requirepass", "right"]);
    let url = format!("redis://:hunter2@127.0.0.1:{}", server.port());
    for (url, reason) in [(url, "failed"), (server.url(), "NOAUTH")] {
        let error = RedisClaims::connect(&url).await.unwrap_err();
        assert!(told(&error).contains(reason), "{}", told(&error));
    }
}

/// All that an error says, which must not be the password.
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
