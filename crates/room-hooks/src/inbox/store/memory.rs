mod rows;
#[cfg(all(test, feature = "testing"))]
mod tests;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::{DeliveryId, SignatureKey};

use self::rows::Rows;

use super::{
    AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxOperation, InboxStats,
    InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
};

/// An inbox in this process's memory, for tests. Clones share their contents.
///
/// **It loses everything when the process ends**, which a real inbox prevents. It uses tokio's
/// clock, which tests can pause.
///
/// ```
/// use room_hooks::{Handlers, Hooks, Verified, inbox::{MemoryInbox, Worker}, zego::{self, Zego}};
/// # use {room_hooks::Delivery, std::time::SystemTime};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let zego = Zego::new(1234567890, "callback secret")?;
/// # let event = serde_json::json!({"event": "room_create", "room_id": "lobby"});
/// # let body = zego.sign(&event, SystemTime::now())?.body;
/// let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
///     println!("{}", created.event.room_id);
/// });
/// let inbox = MemoryInbox::new();
/// let hooks = Hooks::new(zego).with_inbox(inbox.clone());
/// let worker = Worker::new(inbox, handlers);
///
/// let response = hooks.deliver(Delivery::new(&body), SystemTime::now()).await;
/// assert_eq!(response.status, 200);
/// assert_eq!(worker.run_until_idle().await, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryInbox {
    max_events: usize,
    rows: Arc<Mutex<Rows>>,
    is_put: Arc<Notify>,
}

impl MemoryInbox {
    /// Creates an inbox with room for a million events.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_events(1_000_000)
    }

    /// Creates an inbox with room for `max_events` events.
    #[must_use]
    pub fn with_max_events(max_events: usize) -> Self {
        Self { max_events, rows: Arc::default(), is_put: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryInbox {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryInbox")
            .field("max_events", &self.max_events)
            .field("events", &self.lock().len())
            .finish_non_exhaustive()
    }
}

impl InboxStore for MemoryInbox {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        let outcome = self.lock().put(event, self.max_events, Instant::now());
        self.is_put.notify_one();
        Box::pin(async { outcome })
    }

    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool> {
        let is_bound = self.lock().bind(signature, id, retention, Instant::now());
        Box::pin(async move { Ok(is_bound) })
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        let claims = self.lock().claim(&request, Instant::now());
        Box::pin(async { Ok(claims) })
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        self.lock().renew(worker, lease, Instant::now());
        Box::pin(async { Ok(()) })
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        let is_ended = self.lock().finish(attempt, ending, Instant::now());
        Box::pin(async move { Ok(is_ended) })
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        let is_ready = self.lock().retry(sequence, Instant::now());
        self.is_put.notify_one();
        Box::pin(async move { Ok(is_ready) })
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        let is_removed = self.lock().discard(sequence, Instant::now());
        Box::pin(async move { Ok(is_removed) })
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        let count = self.lock().prune(retention, limit, Instant::now());
        Box::pin(async move { Ok(count) })
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        let records = self.lock().list(state, after, limit, Instant::now());
        Box::pin(async { Ok(records) })
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        let found = self.lock().get(sequence, Instant::now());
        Box::pin(async { Ok(found) })
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        let stats = self.lock().stats(Instant::now());
        Box::pin(async move { Ok(stats) })
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.is_put.notified())
    }
}
