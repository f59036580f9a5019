//! Hooks whose inbox goes away: signatures stay bound, and events follow the policy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use room_hooks::{
    DeliveryId, Handlers, SignatureKey, Verified,
    inbox::{
        AttemptId, ClaimRequest, Claims, Ending, InboxError, InboxOperation, InboxStats,
        InboxStore, MemoryInbox, NewEvent, OnInboxFailure, PutOutcome, Retention, WorkerId,
    },
    zego,
};

use here::hooks_here;
use zego_hooks::{Counter, created, deliver, now, signed_at, zego};

/// An inbox that can be away.
#[derive(Debug, Clone, Default)]
struct Absent {
    inbox: MemoryInbox,
    is_away: Arc<AtomicBool>,
}

impl Absent {
    fn or_away<'a, T: Send + 'a>(
        &self,
        operation: impl FnOnce() -> InboxOperation<'a, T>,
    ) -> InboxOperation<'a, T> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(InboxError::Unavailable("away".into())) }),
            false => operation(),
        }
    }
}

impl InboxStore for Absent {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        self.or_away(|| self.inbox.put(event))
    }

    fn bind(&self, key: SignatureKey, id: DeliveryId, span: Duration) -> InboxOperation<'_, bool> {
        self.or_away(|| self.inbox.bind(key, id, span))
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        self.or_away(|| self.inbox.claim(request))
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        self.or_away(|| self.inbox.renew(worker, lease))
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        self.or_away(|| self.inbox.finish(attempt, ending))
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.or_away(|| self.inbox.retry(sequence))
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        self.or_away(|| self.inbox.prune(retention, limit))
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        self.or_away(|| self.inbox.stats())
    }

    fn poll_interval(&self) -> Duration {
        self.inbox.poll_interval()
    }
}

#[tokio::test(start_paused = true)]
async fn a_signature_that_the_inbox_has_seen_is_not_reused_while_the_inbox_is_away() {
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

    inbox.is_away.store(true, Ordering::SeqCst);
    let forged = String::from_utf8(body).unwrap().replace("lobby", "vault");
    assert_eq!(deliver(&hooks, forged.as_bytes()).await.status, 401);
    assert_eq!(calls.get(), 0);
    let other = signed_at(&serde_json::json!({"event": "room_create", "room_id": "b"}), now());
    assert_eq!(deliver(&hooks, &other).await.status, 200, "handled directly");
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_answered_503_while_the_inbox_is_away_and_stored_by_a_retry() {
    let inbox = Absent::default();
    let hooks = hooks_here(zego()).with_inbox(inbox.clone());
    let body = signed_at(&created(), now());
    inbox.is_away.store(true, Ordering::SeqCst);
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    inbox.is_away.store(false, Ordering::SeqCst);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
}
