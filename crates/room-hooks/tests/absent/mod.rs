//! An inbox that goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxError,
        InboxOperation, InboxStats, InboxStore, MemoryInbox, NewEvent, PutOutcome, Retention,
        WorkerId,
    },
};

/// An inbox that can be away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Absent {
    inbox: MemoryInbox,
    is_away: Arc<AtomicBool>,
}

impl Absent {
    pub(crate) fn leave(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

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

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.or_away(|| self.inbox.discard(sequence))
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        self.or_away(|| self.inbox.list(state, after, limit))
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        self.or_away(|| self.inbox.get(sequence))
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        self.or_away(|| self.inbox.stats())
    }

    fn poll_interval(&self) -> Duration {
        self.inbox.poll_interval()
    }
}
