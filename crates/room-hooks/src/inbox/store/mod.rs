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

/// An operation of an [`InboxStore`].
pub type InboxOperation<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Keeps verified events from the response to their sender until a handler succeeds.
///
/// A store sees columns and opaque bytes, never an event. An event is *ready*, *leased* to a worker, *suspect*, *done*
/// or *dead*:
///
/// | state | `claim` | `renew`, same worker | `finish`, latest attempt | `retry` | `discard` | time |
/// |---|---|---|---|---|---|---|
/// | ready, due | leased, attempt + 1 | – | `false` | `false` | removed | – |
/// | ready, not yet due | – | – | `false` | `false` | removed | due |
/// | leased | – | lease begins again | done, ready or dead, as it says | `false` | `false` | after the lease: suspect |
/// | suspect | leased, attempt + 1, alone; or dead | leased again | done, ready or dead, as it says | `false` | removed | – |
/// | done | – | – | `false` | `false` | `false` | removed after its retention |
/// | dead | – | – | `false` | ready, failures 0 | removed | removed after its retention |
///
/// **The number of the attempt is the fencing token.** A worker that was frozen while another one took its event over
/// cannot finish it, since the attempt that it names is not the latest. A lease that merely ran out, and that no other
/// worker has claimed, is still its own, even if others have asked meanwhile. An attempt ends once: a `finish` that is
/// repeated because its answer was lost changes nothing.
///
/// **Suspects.** A lease that runs out means that its worker has crashed or is frozen. Its events become suspects: a
/// suspect is due, and is claimed only by a worker that runs nothing else, alone. While suspects wait that a request
/// could be given if its worker were idle, it is given nothing. If the lease of an event that runs alone runs out, that
/// is a crash of its own; after [`ClaimRequest::max_crashes`] of them since the event was put or retried, the next
/// claim of any other worker finds it dead. A worker never finds its own leases run out. Any finish ends the suspicion.
///
/// **Order.** If a claim is ordered by room, an event is claimed only if it is the oldest of its room, by the order of
/// arrival, that is neither done nor dead, and no other event of its room is leased. Only events that the request can
/// take count. Events without a room have no order.
///
/// **Signatures** belong to the event that they first came with, for its retention; see [`PutOutcome`].
///
/// **Bounds.** A store is bounded in rows and bytes. When full, it removes the oldest done events whose retention
/// against duplicates has ended, and otherwise returns [`InboxError::Full`]. It never forgets an event that is ready,
/// leased or dead to make room.
///
/// All times are by the clock of the store. A clock that is set back must not delay events that are ready.
///
/// `room_hooks::testing::inbox_acceptance` and `inbox_history`, under the feature `testing`, hold a store to this.
pub trait InboxStore: Debug + Send + Sync + 'static {
    /// Commits an event, and binds its signature to it, in one transaction. Once this has returned, neither a crash
    /// of the process nor of the machine loses the event.
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome>;

    /// Binds a signature to a delivery that is not stored, such as a question, for a time. `false` if it belongs to
    /// another.
    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool>;

    /// Claims events for a worker, those first that have been due for the longest.
    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims>;

    /// Restarts all leases of a worker, in one statement, including expired ones that no other worker has claimed.
    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()>;

    /// Ends an attempt. `false` if it is not the event's latest, or has ended before: nothing is changed then.
    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool>;

    /// Makes a dead event ready, with as many attempts and crashes left as a new one, and no suspect. In an order by
    /// room it runs late: after events that are done. `false` if it is not dead.
    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool>;

    /// Removes an event that waits or is dead, so that it is never handled, or not again. `false` if a worker has it, if it
    /// is done, or if there is none. Its id remains, as after [`prune`](Self::prune).
    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool>;

    /// Removes done and dead events that are older than their retention, at most `limit`, and returns how many. Of
    /// one whose retention against duplicates has not ended, the id remains until then: it counts nowhere, but takes
    /// room.
    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize>;

    /// Returns events in the order of arrival, for an operator: those of a state, or of all, whose sequence is greater
    /// than `after`, at most `limit`. It may take as long as looking at all events.
    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>>;

    /// Returns an event with its payload, or `None` if there is none.
    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>>;

    /// Counts what the store holds.
    fn stats(&self) -> InboxOperation<'_, InboxStats>;

    /// The store for the thread that renews leases, with a connection and, where it blocks, a thread of its own: what
    /// delays handlers must not delay renewal. `None` if this one does as well.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        Ok(None)
    }

    /// How often a worker without work asks for some.
    fn poll_interval(&self) -> Duration;

    /// Ends when an event may have been put, as far as the store learns that. A worker polls besides.
    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// A verified event as an inbox stores it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent {
    /// What identifies it and its retries; `None` if nothing tells a retry from a second event.
    pub id: Option<DeliveryId>,
    /// Its signature, if that is to be bound to it. An event without an id has none.
    pub signature: Option<SignatureKey>,
    /// For how long its id and signature are remembered at least, even if it is done sooner.
    pub retention: Duration,
    /// Provider and [kind](crate::Callback::kind), such as `zego/room_create`: ASCII, from a closed set.
    pub kind: String,
    /// The version of the payload's format.
    pub format_version: u32,
    /// The room in whose order it may have to be handled, with provider and app, such as `zego/1234567890/"lobby"`:
    /// without control characters, at most 300 bytes.
    pub room: Option<String>,
    /// When its first delivery was received, by the clock of the web process; to the millisecond.
    pub received_at: SystemTime,
    /// The event, without what signed it.
    pub payload: Vec<u8>,
}

impl NewEvent {
    /// Creates an event of a kind that has neither id, signature nor room, in format 1.
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

/// Shows the size of the payload only: that is the sender's data.
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

/// What became of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutOutcome {
    /// The event is stored.
    New,
    /// It had been stored before. A signature that came with it is bound to it all the same.
    Duplicate,
    /// Its signature belongs to another delivery. Nothing is stored.
    SignatureReused,
}

/// Which worker asks, and for what.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClaimRequest {
    /// Who holds the leases.
    pub worker: WorkerId,
    /// How many events at most.
    pub limit: usize,
    /// How long the leases last that the worker does not renew.
    pub lease: Duration,
    /// The [kinds](NewEvent::kind) that the worker can take; `None` for all.
    pub kinds: Option<Arc<[String]>>,
    /// The newest [format](NewEvent::format_version) that it can read.
    pub format_version: u32,
    /// Whether the events of a room are claimed in the order of their arrival.
    pub is_ordered: bool,
    /// Whether the worker runs nothing, so that it may be given a suspect.
    pub is_idle: bool,
    /// After how many crashes while it runs alone an event is dead.
    pub max_crashes: u32,
}

impl ClaimRequest {
    /// Creates a request of a worker that runs nothing, for events of all kinds, in no order.
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

/// What a worker was given.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Claims {
    /// The events, in the order in which they are to be started. A suspect comes alone.
    pub events: Vec<ClaimedEvent>,
    /// Whether suspects wait that the worker could be given if it were idle, so that it should become idle.
    pub suspects_wait: bool,
}

/// An event that is leased to a worker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClaimedEvent {
    /// Which attempt at which event this is.
    pub attempt: AttemptId,
    /// How many attempts have failed before; those that ended by a crash are not counted.
    pub failures: u32,
    /// Whether it is a suspect, beside which the worker must run nothing.
    pub is_suspect: bool,
    /// The event as it was put.
    pub event: NewEvent,
}

impl ClaimedEvent {
    /// Creates what a store gives a worker: not a suspect.
    #[must_use]
    pub fn new(attempt: AttemptId, failures: u32, event: NewEvent) -> Self {
        Self { attempt, failures, is_suspect: false, event }
    }
}

/// One attempt at one event: the fencing token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AttemptId {
    /// The event's place in the order of arrival.
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

/// A worker, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it is a number")]
pub struct WorkerId(pub i64);

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The handler succeeded.
    Done,
    /// The handler failed. The event is ready again after a time.
    Retry {
        /// The time.
        after: Duration,
        /// Why it failed: at most 1,000 characters, none of them a control character.
        error: String,
    },
    /// The event is not tried again.
    Dead {
        /// Why it failed: at most 1,000 characters, none of them a control character.
        error: String,
    },
    /// The attempt was not made. The event is ready again at once, and nothing counts against it.
    Released,
}

/// For how long finished events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Those that are done.
    pub done: Duration,
    /// Those that are dead.
    pub dead: Duration,
}

impl Retention {
    /// Creates a retention of done and one of dead events.
    #[must_use]
    pub fn new(done: Duration, dead: Duration) -> Self {
        Self { done, dead }
    }
}

/// Why an operation of an inbox failed.
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
