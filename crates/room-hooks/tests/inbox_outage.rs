//! Hooks whose inbox becomes unavailable: signatures stay bound, and events follow the policy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod absent;
mod here;
mod zego_hooks;

use room_hooks::{
    Handlers, Verified,
    inbox::{InboxStore, OnInboxFailure},
    zego,
};

use absent::Absent;
use here::hooks_here;
use zego_hooks::{Counter, created, deliver, now, signed_at, zego};

#[tokio::test(start_paused = true)]
async fn a_signature_that_the_inbox_has_bound_is_not_reused_while_the_inbox_is_unavailable() {
    let (inbox, calls) = (Absent::default(), Counter::default());
    let handlers = Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
        },
    );
    let hooks = hooks_here(zego())
        .with_inbox(inbox.clone())
        .with_inbox_failure_policy(OnInboxFailure::HandleDirectly)
        .with_handlers(handlers);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);

    inbox.leave();
    let forged = String::from_utf8(body).unwrap().replace("lobby", "vault");
    assert_eq!(deliver(&hooks, forged.as_bytes()).await.status, 401);
    assert_eq!(calls.get(), 0);
    let other = signed_at(&serde_json::json!({"event": "room_create", "room_id": "b"}), now());
    assert_eq!(deliver(&hooks, &other).await.status, 200, "handled directly");
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_answered_503_while_the_inbox_is_unavailable_and_stored_by_a_retry() {
    let inbox = Absent::default();
    let hooks = hooks_here(zego()).with_inbox(inbox.clone());
    let body = signed_at(&created(), now());
    inbox.leave();
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    inbox.come_back();
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
}
