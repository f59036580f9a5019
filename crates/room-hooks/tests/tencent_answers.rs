//! Answers of hooks to Tencent: every answer has Tencent's form, and an accident denies no question.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{io, time::Duration};

use serde_json::json;
use tokio::time::sleep;

use room_hooks::{
    Delivery, RoomInfoUpdated, Verified,
    hooks::MemoryStore,
    tencent::{Event, Tencent},
};

use here::hooks_here;
use zego_hooks::now;

/// `Before…` asks for permission. A failure, a delay or a full store of this server must not deny it.
#[tokio::test(start_paused = true)]
async fn a_question_of_tencent_is_allowed_despite_a_failure_a_timeout_or_a_full_store() {
    let tencent = Tencent::new(1, "token").unwrap();
    let asked = json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "lobby"});
    let signed = tencent.sign(&asked, now()).unwrap();
    let hooks = |store: MemoryStore, takes: Duration| {
        hooks_here(tencent.clone()).with_store(store).on(move |_: Verified<Event>| async move {
            sleep(takes).await;
            Err::<(), _>(io::Error::other("the moderation is away"))
        })
    };
    let allowed = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
    let (soon, late) = (Duration::from_millis(1), Duration::from_secs(10));
    for (what, hooks) in [
        ("a handler that fails", hooks(MemoryStore::new(), soon)),
        ("a handler that is late", hooks(MemoryStore::new(), late)),
        ("a full store", hooks(MemoryStore::with_capacity(0), soon)),
    ] {
        let answer = hooks.deliver(signed.as_delivery(), now()).await;
        assert_eq!((answer.status, answer.body), (200, allowed), "{what}");
    }
    // A duplicate while the first question is being handled.
    let hooks = hooks(MemoryStore::new(), Duration::from_secs(1));
    let (one, other) = tokio::join!(
        hooks.deliver(signed.as_delivery(), now()),
        hooks.deliver(signed.as_delivery(), now())
    );
    assert_eq!([one.body, other.body], [allowed; 2]);
    // A body that a middleware consumed.
    let answer = hooks.deliver(Delivery::new(b"").with_query(&signed.query), now()).await;
    assert_eq!((answer.status, answer.body), (200, allowed));
    // A forged question is refused like any other forgery.
    let forged = signed.query.replace("Sign=", "Sign=0");
    assert_eq!(
        hooks.deliver(Delivery::new(&signed.body).with_query(&forged), now()).await.status,
        401
    );
}

#[tokio::test(start_paused = true)]
async fn failures_and_timeouts_are_answered_in_tencents_form() {
    let tencent = || Tencent::new(1, "token").unwrap();
    let event = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "RoomInfo": {"RoomId": "r"},
    });
    let signed = tencent().sign(&event, now()).unwrap();
    let failing = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| Err::<(), _>(io::Error::other("secret reason")));
    let slow = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| sleep(Duration::from_secs(9)).await);
    for (hooks, status) in [(failing, 500), (slow, 503)] {
        let answer = hooks.deliver(signed.as_delivery(), now()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body, r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#);
    }
}
