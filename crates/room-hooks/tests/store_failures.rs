//! Failures of the delivery store: a store that is full, unreachable, hanging or panicking.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use room_hooks::{
    Delivery, FailurePolicy, Verified,
    hooks::{
        ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, MemoryStore, SignatureBinding,
        StoreError,
    },
    zego::{BeforeSendMsg, Decision},
};

use here::hooks_here;
use zego_hooks::{counting, created, deliver, forged, now, signed_at, zego};

#[tokio::test(start_paused = true)]
async fn a_full_store_follows_the_failure_policy_and_still_binds_signatures() {
    for (policy, status, handled) in
        [(FailurePolicy::Open, 200, 2), (FailurePolicy::Closed, 503, 1)]
    {
        let (hooks, calls) = counting(Duration::ZERO);
        let hooks =
            hooks.with_store(MemoryStore::with_capacity(1)).with_store_failure_policy(policy);
        let signed =
            |room: &str| signed_at(&json!({"event": "room_create", "room_id": room}), now());
        assert_eq!(deliver(&hooks, &signed("lobby")).await.status, 200);
        assert_eq!(deliver(&hooks, &signed("lobby")).await.status, 200, "a duplicate");
        assert_eq!(deliver(&hooks, &forged(&signed("lobby"))).await.status, 401);
        // The store also holds only one signature, so it cannot bind a new one.
        assert_eq!(deliver(&hooks, &signed("attic")).await.status, status);
        assert_eq!(calls.get(), handled, "{policy:?}");
        let span = Duration::from_secs(700);
        sleep(span).await;
        let later = signed_at(&json!({"event": "room_create", "room_id": "attic"}), now() + span);
        for _ in 0..2 {
            let answer = hooks.deliver(Delivery::new(&later), now() + span).await;
            assert_eq!((answer.status, calls.get()), (200, handled + 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_store_follows_the_failure_policy() {
    for (setting, status, handled) in
        [(FailurePolicy::Open, 200, 2), (FailurePolicy::Closed, 503, 0)]
    {
        let (hooks, calls) = counting(Duration::ZERO);
        let hooks = hooks.with_store(Broken { panics: false }).with_store_failure_policy(setting);
        let body = signed_at(&created(), now());
        assert_eq!(deliver(&hooks, &body).await.status, status);
        assert_eq!(deliver(&hooks, &body).await.status, status);
        assert_eq!(calls.get(), handled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_counts_as_unreachable_after_its_timeout() {
    let (hooks, calls) = counting(Duration::from_secs(8));
    let hooks = hooks.with_store(Hanging);
    // 8 s for the handler, during which renewals hang, and 1 s to settle.
    let begun = tokio::time::Instant::now();
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 200);
    assert_eq!((begun.elapsed(), calls.get()), (Duration::from_secs(9), 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_store_is_answered_500_and_calls_no_handler() {
    let (hooks, calls) = counting(Duration::ZERO);
    let hooks = hooks.with_store(Broken { panics: true });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 500);
    hooks.wait_idle().await;
    assert_eq!(calls.get(), 0);
}

/// Such an event is not claimed, but its signature must be bound.
#[tokio::test(start_paused = true)]
async fn an_event_without_a_handler_follows_the_failure_policy_if_its_signature_cannot_be_bound() {
    for (policy, status) in [(FailurePolicy::Open, 200), (FailurePolicy::Closed, 503)] {
        let hooks = || hooks_here(zego()).with_store_failure_policy(policy);
        let body = signed_at(&created(), now());
        for hooks in [
            hooks().with_store(Broken { panics: false }),
            hooks().with_store(MemoryStore::with_capacity(0)),
            hooks().with_store(Hanging),
        ] {
            let response = deliver(&hooks, &body).await;
            let retries = response.headers().any(|(name, _)| name == "retry-after");
            assert_eq!((response.status, retries), (status, status == 503), "{policy:?}");
        }
        // Without signature binding, no store is needed.
        let hooks = hooks().with_store(Broken { panics: false });
        let hooks = hooks.with_signature_binding(SignatureBinding::Off);
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
}

/// A question is never answered 500 or 503, and has less time than an event.
#[tokio::test(start_paused = true)]
async fn a_question_is_answered_despite_any_failure_of_the_store() {
    let message = json!({"event": "before_send_msg", "conv_id": "lobby", "msg_body": "hello"});
    let body = signed_at(&message, now());
    let (neutral, decided, not_sent) = (r#"{"result":0}"#, r#"{"result":1}"#, r#"{"result":3}"#);
    for (store_policy, question_policy, answer, panicked) in [
        (FailurePolicy::Open, FailurePolicy::Open, decided, neutral),
        (FailurePolicy::Open, FailurePolicy::Closed, decided, not_sent),
        (FailurePolicy::Closed, FailurePolicy::Open, neutral, neutral),
        (FailurePolicy::Closed, FailurePolicy::Closed, not_sent, not_sent),
    ] {
        let hooks = || {
            hooks_here(zego())
                .with_store_failure_policy(store_policy)
                .with_question_failure_policy::<BeforeSendMsg>(question_policy)
                .answer(async |_: Verified<BeforeSendMsg>| Decision::send())
        };
        for (hooks, takes, answer) in [
            (hooks().with_store(Broken { panics: false }), 0, answer),
            (hooks().with_store(MemoryStore::with_capacity(0)), 0, answer),
            (hooks().with_store(Hanging), 500, answer),
            (hooks().with_store(Broken { panics: true }), 0, panicked),
        ] {
            let begun = tokio::time::Instant::now();
            let response = deliver(&hooks, &body).await;
            let context = format!("{store_policy:?} {question_policy:?} {hooks:?}");
            assert_eq!((response.status, &*response.body), (200, answer), "{context}");
            assert_eq!(begun.elapsed(), Duration::from_millis(takes), "{context}");
        }
    }
}

/// An unreachable store, or one whose `claim` and `bind` panic.
#[derive(Debug)]
struct Broken {
    panics: bool,
}

fn out_of_order<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("connection refused".into()))
}

impl DeliveryStore for Broken {
    async fn claim(&self, _: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        assert!(!self.panics, "on purpose");
        out_of_order()
    }

    async fn bind(&self, _: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        assert!(!self.panics, "on purpose");
        out_of_order()
    }

    async fn renew(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<bool, StoreError> {
        out_of_order()
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        out_of_order()
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        out_of_order()
    }
}

/// A store that grants every claim and never completes any other operation.
#[derive(Debug)]
struct Hanging;

impl DeliveryStore for Hanging {
    async fn claim(&self, _: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        Ok(ClaimOutcome::Granted(ClaimToken(1)))
    }

    async fn bind(&self, _: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn renew(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        std::future::pending().await
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        std::future::pending().await
    }
}
