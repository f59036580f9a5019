//! Duplicates: a retry is handled once, and two equal events are handled twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use room_hooks::{Delivery, hooks::MemoryClaims};

use here::hooks_here;
use zego_hooks::{counting, created, deliver, now, signed_at, zego};

#[tokio::test(start_paused = true)]
async fn duplicates_on_all_of_zegos_retry_schedule_are_handled_once() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    for pause in [0, 2, 4, 8, 16, 32] {
        sleep(Duration::from_secs(pause)).await;
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_rewritten_under_the_same_signature_is_a_duplicate() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    let members: serde_json::Map<String, Value> = serde_json::from_slice(&body).unwrap();
    let members: Vec<_> =
        members.iter().rev().map(|(name, value)| format!("\"{name}\" : {value}")).collect();
    let rewritten = format!("{{ {} }}", members.join(" , "));
    for body in [&body, rewritten.as_bytes(), &body] {
        assert_eq!(deliver(&hooks, body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_during_handling_is_answered_503_with_retry_after() {
    let (hooks, calls) = counting(Duration::from_secs(5));
    let body = signed_at(&created(), now());
    let first = tokio::spawn(hooks.deliver(Delivery::new("", &(), &body), now()));
    sleep(Duration::from_secs(2)).await;
    let answer = deliver(&hooks, &body).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers().any(|(name, _)| name == "retry-after"));
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

/// During an upgrade, the old version, which does not know the event, runs beside the new one.
#[tokio::test(start_paused = true)]
async fn a_duplicate_of_an_event_acknowledged_without_a_handler_is_not_handled_elsewhere() {
    let claims = MemoryClaims::new();
    let old = hooks_here(zego()).with_claims(claims.clone());
    let (new, calls) = counting(Duration::ZERO);
    let new = new.with_claims(claims);
    let body = signed_at(&created(), now());
    for hooks in [&old, &new] {
        assert_eq!(deliver(hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_unverified_delivery_takes_no_claim() {
    let claims = MemoryClaims::new();
    let hooks = counting(Duration::ZERO).0.with_claims(claims.clone());
    let body = String::from_utf8(signed_at(&created(), now())).unwrap();
    for forged in
        [body.replace("\"signature\":\"", "\"signature\":\"0"), "{}".into(), String::new()]
    {
        assert!(deliver(&hooks, forged.as_bytes()).await.status >= 400);
    }
    assert_eq!(claims.held(), 0);
    assert_eq!(deliver(&hooks, body.as_bytes()).await.status, 200);
    assert_eq!(claims.held(), 2);
}
