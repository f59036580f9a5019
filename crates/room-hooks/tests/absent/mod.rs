//! An inbox that can be unavailable or slow.

#![allow(dead_code, reason = "no test uses everything")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
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
use tokio::time::sleep;

/// An inbox that can be unavailable, counts its puts, and waits before and after each operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Absent {
    inbox: MemoryInbox,
    is_away: Arc<AtomicBool>,
    puts: Arc<AtomicU32>,
    lag: Duration,
    stats_lag: Duration,
}

impl Absent {
    pub(crate) fn leave(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

    pub(crate) fn slow(lag: Duration) -> Self {
        Self { lag, ..Self::default() }
    }

    /// Delays only the result of `stats`.
    pub(crate) fn slow_stats(stats_lag: Duration) -> Self {
        Self { stats_lag, ..Self::default() }
    }

    pub(crate) fn puts(&self) -> u32 {
        self.puts.load(Ordering::SeqCst)
    }

    fn or_away<'a, T: Send + 'a>(
        &self,
        operation: impl FnOnce() -> InboxOperation<'a, T> + Send + 'a,
    ) -> InboxOperation<'a, T> {
        let (is_away, lag) = (self.is_away.load(Ordering::SeqCst), self.lag);
        Box::pin(async move {
            sleep(lag).await;
            let result = match is_away {
                true => Err(InboxError::Unavailable("away".into())),
                false => operation().await,
            };
            sleep(lag).await;
            result
        })
    }
}

impl InboxStore for Absent {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        self.puts.fetch_add(1, Ordering::SeqCst);
        self.or_away(move || self.inbox.put(event))
    }

    fn bind(&self, key: SignatureKey, id: DeliveryId, span: Duration) -> InboxOperation<'_, bool> {
        self.or_away(move || self.inbox.bind(key, id, span))
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        self.or_away(move || self.inbox.claim(request))
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        self.or_away(move || self.inbox.renew(worker, lease))
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        self.or_away(move || self.inbox.finish(attempt, ending))
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.or_away(move || self.inbox.retry(sequence))
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        self.or_away(move || self.inbox.prune(retention, limit))
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.or_away(move || self.inbox.discard(sequence))
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        self.or_away(move || self.inbox.list(state, after, limit))
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        self.or_away(move || self.inbox.get(sequence))
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        Box::pin(async {
            let stats = self.or_away(|| self.inbox.stats()).await;
            sleep(self.stats_lag).await;
            stats
        })
    }

    fn poll_interval(&self) -> Duration {
        self.inbox.poll_interval()
    }
}
