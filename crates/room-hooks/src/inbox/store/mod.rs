pub(super) mod memory;
mod record;
mod shared;

use std::{
    error,
    fmt::{self, Debug},
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use thiserror::Error;

use crate::{DeliveryId, SignatureKey};

pub use self::record::{EventRecord, EventState, InboxStats};

/// The future that a method of [`InboxStore`] returns. It fails with [`InboxError::Unavailable`]
/// or, if there is no room for an event or signature, with [`InboxError::Full`]. [`InboxStore`] has
/// an example.
pub type InboxOperation<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Stores verified events until a handler succeeds.
///
/// As an operator, you can inspect an inbox and retry its dead events:
///
/// ```
/// use room_hooks::inbox::{EventState, InboxError, InboxStore};
///
/// async fn retry_dead(inbox: &dyn InboxStore) -> Result<(), InboxError> {
///     for record in inbox.list(Some(EventState::Dead), 0, 100).await? {
///         println!("{} failed {} times: {:?}", record.kind, record.failures, record.error);
///         inbox.retry(record.sequence).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// Hooks put events into an inbox, and workers claim and finish them:
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use room_hooks::inbox::{
///     ClaimRequest, Ending, InboxStore, MemoryInbox, NewEvent, PutOutcome, WorkerId,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), room_hooks::inbox::InboxError> {
/// let inbox = MemoryInbox::new();
/// let event = NewEvent::new("zego/room_create", b"{}".to_vec(), SystemTime::now());
/// assert_eq!(inbox.put(event).await?, PutOutcome::New);
///
/// let request = ClaimRequest::new(WorkerId(1), 10, Duration::from_secs(30));
/// for claimed in inbox.claim(request).await?.events {
///     assert!(inbox.finish(claimed.attempt, Ending::Done).await?);
/// }
/// assert_eq!(inbox.stats().await?.done, 1);
/// # Ok(())
/// # }
/// ```
///
/// # Writing a store
///
/// A store sees columns and opaque bytes, never an event. An event is *ready*, *leased* to a
/// worker, *suspect*, *done* or *dead*:
///
/// | state | `claim` | `renew`, same worker | `finish`, latest attempt | `retry` | `discard` | time |
/// |---|---|---|---|---|---|---|
/// | ready, due | leased, attempt + 1 | – | `false` | `false` | removed | – |
/// | ready, not yet due | – | – | `false` | `false` | removed | due |
/// | leased | – | lease restarts | done, ready or dead, as requested | `false` | `false` | after the lease: suspect |
/// | suspect | leased, attempt + 1, alone; or dead | leased again | done, ready or dead, as requested | `false` | removed | – |
/// | done | – | – | `false` | `false` | `false` | removed after its retention |
/// | dead | – | – | `false` | ready, failures 0 | removed | removed after its retention |
///
/// **The number of the attempt is the fencing token.** If another worker took over the event of a
/// frozen worker, the frozen worker cannot finish it, because its attempt is not the latest. An
/// expired lease that no other worker has claimed still belongs to its worker, even if others have
/// asked meanwhile. An attempt ends once: repeating a `finish` whose answer was lost changes
/// nothing.
///
/// **Suspects.** If a lease expires, its worker has crashed or is frozen, and its events become
/// suspects. A suspect is due, and is claimed alone, only by a worker that runs nothing else. While
/// there are suspects that a request could receive if its worker were idle, the request receives
/// nothing. If the lease of an event that runs alone expires, the event has caused that crash.
/// After [`ClaimRequest::max_crashes`] such crashes since the event was put or retried, the next
/// claim of any other worker makes it dead. For its own worker, an event is never a suspect. Any
/// `finish` ends the suspicion.
///
/// **Order.** A claim that is ordered by room takes an event only if it is the oldest of its room,
/// by the order of arrival, that is neither done nor dead, and no other event of its room is
/// leased. Only events that the request can take count. Events without a room have no order.
///
/// **Signatures** belong to the event that they first came with, for its retention; see
/// [`PutOutcome`].
///
/// **Bounds.** A store limits rows and bytes. When full, it removes the oldest done events whose
/// retention against duplicates has ended, and otherwise returns [`InboxError::Full`]. It never
/// removes a ready, leased or dead event to make room.
///
/// The store's clock measures all times. If that clock is set back, ready events must not be
/// delayed.
///
/// `room_hooks::testing::inbox_acceptance` and `inbox_history`, with the feature `testing`, check
/// these rules.
pub trait InboxStore: Debug + Send + Sync + 'static {
    /// Commits an event and binds its signature to it, in one transaction. Once this returns, a
    /// crash of the process or of the machine does not lose the event.
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome>;

    /// Binds a signature to a delivery that is not stored, such as a question, for the retention.
    /// `false` if the signature belongs to another delivery.
    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool>;

    /// Claims events for a worker; those that have been due longest come first.
    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims>;

    /// Restarts all leases of a worker, in one statement, including expired ones that no other
    /// worker has claimed.
    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()>;

    /// Ends an attempt. Returns `false` and changes nothing if the attempt is not the event's
    /// latest or has already ended.
    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool>;

    /// Makes a dead event ready again, with as many attempts and crashes left as a new event, and
    /// not suspect. If events are ordered by room, it runs late: after newer events that are
    /// already done. `false` if it is not dead.
    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool>;

    /// Removes a waiting or dead event, so that it is not handled (again). `false` if a worker is
    /// handling it, it is done, or it does not exist. Its id remains, as after
    /// [`prune`](Self::prune).
    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool>;

    /// Removes at most `limit` done and dead events that are older than their retention, and
    /// returns how many. If an event's retention against duplicates has not ended, its id remains
    /// until then. The id is not counted as an event, but takes room.
    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize>;

    /// Returns at most `limit` events in the order of arrival, for an operator: those in `state`,
    /// or in any state if that is `None`, whose sequence is greater than `after`. This may take as
    /// long as reading all events.
    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>>;

    /// Returns an event with its payload, or `None` if it does not exist.
    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>>;

    /// Counts the events in each state.
    fn stats(&self) -> InboxOperation<'_, InboxStats>;

    /// The store for the thread that renews leases, with its own connection and, if it blocks, its
    /// own thread, so that slow handlers do not delay renewal. `None` if this store can be used for
    /// that, too.
    ///
    /// # Errors
    ///
    /// The store cannot be opened.
    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        Ok(None)
    }

    /// How often an idle worker polls.
    fn poll_interval(&self) -> Duration;

    /// Resolves when an event may have been put or retried, if the store notices that. Workers also
    /// poll.
    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// A verified event as an inbox stores it.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use room_hooks::inbox::NewEvent;
///
/// let mut event = NewEvent::new("zego/room_create", b"{}".to_vec(), SystemTime::now());
/// event.room = Some(r#"zego/1234567890/"lobby""#.to_owned());
/// event.retention = Duration::from_secs(660);
/// assert!(event.id.is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// The id that it shares with its retries. `None` if a retry cannot be told from a second
    /// event.
    pub id: Option<DeliveryId>,
    /// Its signature, if it must be bound. An event without an id has none.
    pub signature: Option<SignatureKey>,
    /// The minimum time for which its id and signature are remembered, even if it is done sooner.
    pub retention: Duration,
    /// The provider and [kind](crate::Callback::kind), such as `zego/room_create`: ASCII, from a
    /// closed set.
    pub kind: String,
    /// The version of the payload's format.
    pub format_version: u32,
    /// The room whose events may have to be handled in order, with provider and app, such as
    /// `zego/1234567890/"lobby"`: without control characters, at most 300 bytes.
    pub room: Option<String>,
    /// When the event was first received, by the web process's clock, to the millisecond.
    pub received_at: SystemTime,
    /// The event, without its signature.
    pub payload: Vec<u8>,
}

impl NewEvent {
    /// Creates an event in format 1, without an id, a signature, a room or a retention.
    #[must_use]
    pub fn new(kind: impl Into<String>, payload: Vec<u8>, received_at: SystemTime) -> Self {
        Self {
            id: None,
            signature: None,
            retention: Duration::ZERO,
            kind: kind.into(),
            format_version: 1,
            room: None,
            received_at,
            payload,
        }
    }
}

/// Shows only the size of the payload, which is the sender's data.
impl Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("format_version", &self.format_version)
            .field("received_at", &self.received_at)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish_non_exhaustive()
    }
}

/// The outcome of [`InboxStore::put`]. [`InboxStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutOutcome {
    /// The event is stored.
    New,
    /// The event was stored before. A signature that came with it is bound to it nevertheless.
    Duplicate,
    /// Its signature belongs to another delivery. Nothing is stored.
    SignatureReused,
}

/// A worker's request for events. [`InboxStore`] has an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClaimRequest {
    /// The worker that will hold the leases.
    pub worker: WorkerId,
    /// The maximum number of events.
    pub limit: usize,
    /// How long the leases last if the worker does not renew them.
    pub lease: Duration,
    /// The [kinds](NewEvent::kind) that the worker can take; `None` for all.
    pub kinds: Option<Arc<[String]>>,
    /// The newest [format](NewEvent::format_version) that the worker can read.
    pub format_version: u32,
    /// Whether the events of a room are claimed in the order of arrival.
    pub is_ordered: bool,
    /// Whether the worker runs nothing, so that it may receive a suspect.
    pub is_idle: bool,
    /// The number of crashes while running alone after which an event is dead.
    pub max_crashes: u32,
}

impl ClaimRequest {
    /// Creates a request from an idle worker for events of all kinds, not ordered by room.
    #[must_use]
    pub fn new(worker: WorkerId, limit: usize, lease: Duration) -> Self {
        Self {
            worker,
            limit,
            lease,
            kinds: None,
            format_version: u32::MAX,
            is_ordered: false,
            is_idle: true,
            max_crashes: 3,
        }
    }
}

/// The events that a worker received. [`InboxStore`] has an example.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Claims {
    /// The events, in the order in which the worker must start them. A suspect comes alone.
    pub events: Vec<ClaimedEvent>,
    /// Whether there are suspects that the worker could receive if it were idle. If so, the worker
    /// should become idle.
    pub suspects_wait: bool,
}

/// An event that is leased to a worker. [`InboxStore`] has an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClaimedEvent {
    /// The event and the number of this attempt.
    pub attempt: AttemptId,
    /// How many attempts have failed since the event was put or retried. Attempts that ended in a
    /// crash do not count.
    pub failures: u32,
    /// Whether it is a suspect: the worker must run nothing else at the same time.
    pub is_suspect: bool,
    /// The event as it was put.
    pub event: NewEvent,
}

impl ClaimedEvent {
    /// Creates a claimed event that is not a suspect.
    #[must_use]
    pub fn new(attempt: AttemptId, failures: u32, event: NewEvent) -> Self {
        Self { attempt, failures, is_suspect: false, event }
    }
}

/// One attempt at one event: the fencing token. [`InboxStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AttemptId {
    /// The event's position in the order of arrival.
    pub sequence: i64,
    /// The number of the attempt, from 1. It never repeats for an event.
    pub number: u32,
}

impl AttemptId {
    /// Creates the id of an attempt.
    #[must_use]
    pub fn new(sequence: i64, number: u32) -> Self {
        Self { sequence, number }
    }
}

/// The id under which a worker holds its leases. [`InboxStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it is a number")]
pub struct WorkerId(pub i64);

/// The result of an attempt. [`InboxStore`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The handler succeeded.
    Done,
    /// The handler failed. The event becomes ready again after a pause.
    Retry {
        /// The pause.
        after: Duration,
        /// Why it failed: at most 1,000 characters, without control characters.
        error: String,
    },
    /// The event is not retried.
    Dead {
        /// Why it failed: at most 1,000 characters, without control characters.
        error: String,
    },
    /// The attempt was not made, or was interrupted. The event is ready again at once, and nothing
    /// counts against it.
    Released,
}

/// How long finished events are kept.
///
/// ```
/// use std::time::Duration;
///
/// use room_hooks::inbox::{Retention, Worker};
///
/// fn keep_longer(worker: Worker) -> Worker {
///     const DAY: Duration = Duration::from_secs(24 * 60 * 60);
///     worker.with_retention(Retention::new(DAY * 30, DAY * 180))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// How long done events are kept.
    pub done: Duration,
    /// How long dead events are kept.
    pub dead: Duration,
}

impl Retention {
    /// Creates a retention for done and for dead events.
    #[must_use]
    pub fn new(done: Duration, dead: Duration) -> Self {
        Self { done, dead }
    }
}

/// Why an operation of an inbox failed.
///
/// ```
/// use room_hooks::inbox::{InboxError, InboxStore};
///
/// async fn check(inbox: &dyn InboxStore) {
///     match inbox.stats().await {
///         Ok(stats) => println!("{} ready", stats.ready),
///         Err(InboxError::Unavailable(source)) => eprintln!("inbox unavailable: {source}"),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InboxError {
    /// There is no room for another event.
    #[error("the inbox is full")]
    Full,
    /// The inbox did not respond, or failed.
    #[error("the inbox is unavailable")]
    Unavailable(#[source] Box<dyn error::Error + Send + Sync>),
}
