//! Handlers: which handler is called, and the effect of a failure, a panic, a timeout, a hang-up
//! and draining.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{io, time::Duration};

use serde_json::json;
use tokio::time::sleep;

use room_hooks::{Callback, Delivery, RoomCreated, Verified, zego};

use here::hooks_here;
use zego_hooks::{Counter, counted, counting, created, deliver, now, signed_at, zego};

#[tokio::test(start_paused = true)]
async fn an_event_calls_the_handler_for_its_type_or_else_the_fallback() {
    let (first, other) = (Counter::default(), Counter::default());
    let hooks = hooks_here(zego()).fallback(counted(&other)).on(counted::<RoomCreated>(&first));
    for event in ["room_create", "room_exit", "user_action"] {
        let body = signed_at(&json!({"event": event, "room_id": "r"}), now());
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
    assert_eq!((first.get(), other.get()), (1, 2));

    let without = hooks_here(zego());
    let body = signed_at(&json!({"event": "room_exit"}), now());
    assert_eq!(deliver(&without, &body).await.status, 200);
    assert_eq!(deliver(&without, b"{}").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_handler_for_the_whole_event_enum_receives_a_typed_event() {
    let calls = Counter::default();
    let hooks =
        hooks_here(zego()).on_with(calls.clone(), async |calls, event: Verified<zego::Event>| {
            assert_eq!(event.event.name(), "room_create");
            calls.count();
        });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_or_panics_is_called_again_on_the_retry() {
    let calls = Counter::default();
    let seen = calls.clone();
    let hooks = hooks_here(zego()).on(move |_: Verified<RoomCreated>| {
        let call = seen.count();
        async move {
            match call {
                1 => Err(io::Error::other("not today")),
                2 => panic!("on purpose"),
                _ => Ok(()),
            }
        }
    });
    let body = signed_at(&created(), now());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(deliver(&hooks, &body).await.status);
    }
    assert_eq!((statuses, calls.get()), (vec![500, 500, 200, 200], 3));
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_await_is_answered_500() {
    let hooks = hooks_here(zego()).on(|created: Verified<RoomCreated>| {
        assert!(created.event.room_id.is_empty(), "on purpose");
        async {}
    });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 500);
    let event = json!({"event": "room_create", "room_id": ""});
    assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_handler_past_its_timeout_continues_and_its_retry_is_a_duplicate() {
    let (hooks, calls) = counting(Duration::from_secs(50));
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    // Longer than the lease: hooks renew the claim while the handler runs.
    sleep(Duration::from_secs(30)).await;
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_hangs_up_does_not_cancel_the_handler() {
    let (hooks, calls) = counting(Duration::from_secs(1));
    let body = signed_at(&created(), now());
    let delivered = hooks.deliver(Delivery::new(&body), now());
    assert!(tokio::time::timeout(Duration::from_millis(10), delivered).await.is_err());
    hooks.wait_idle().await;
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_dropped_before_its_first_poll_calls_no_handler() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    drop(hooks.deliver(Delivery::new(&body), now()));
    hooks.wait_idle().await;
    assert_eq!(calls.get(), 0);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_the_last_handler() {
    let (hooks, _) = counting(Duration::from_secs(7));
    hooks.wait_idle().await;
    let body = signed_at(&created(), now());
    let begun = tokio::time::Instant::now();
    let delivered = tokio::spawn(hooks.deliver(Delivery::new(&body), now()));
    sleep(Duration::from_secs(1)).await;
    hooks.wait_idle().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
    assert_eq!(delivered.await.unwrap().status, 200);
}
