//! An operator's view of an inbox.

use std::time::{Duration, SystemTime};

/// The number of events in an inbox, by state.
///
/// ```
/// use room_hooks::inbox::{InboxError, InboxStore};
///
/// async fn print(inbox: &dyn InboxStore) -> Result<(), InboxError> {
///     let stats = inbox.stats().await?;
///     println!("{} ready for up to {:?}, {} dead", stats.ready, stats.oldest_ready, stats.dead);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStats {
    /// Events that wait for a worker or for their next attempt.
    pub ready: u64,
    /// Events that a worker is handling.
    pub leased: u64,
    /// Events whose handler succeeded.
    pub done: u64,
    /// Events that failed permanently.
    pub dead: u64,
    /// The longest time that a ready event has been due; `None` if none is due.
    pub oldest_ready: Option<Duration>,
}

/// The state of an event, as counted by [`InboxStats`]. [`InboxStore`](super::InboxStore) has an
/// example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventState {
    /// The event waits for a worker or for its next attempt. A worker claims it once it is due. A
    /// suspect is ready, too: see [`EventRecord::is_suspect`].
    Ready,
    /// A worker is handling the event. This ends with the handler or, if the worker crashes, when
    /// the lease expires, by default after 30 s.
    Leased,
    /// The event's handler succeeded. It is removed after its retention, by default 7 days.
    Done,
    /// The event failed permanently. [`InboxStore::retry`](super::InboxStore::retry) makes it ready
    /// again, and [`InboxStore::discard`](super::InboxStore::discard) removes it. Otherwise it is
    /// removed after its retention, by default 90 days.
    Dead,
}

impl EventState {
    /// The state in lower case, as stores and tools write it: `ready`, `leased`, `done` or `dead`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

/// An event in an inbox, without its payload. [`InboxStore`](super::InboxStore) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventRecord {
    /// The event's position in the order of arrival.
    pub sequence: i64,
    /// The event's state.
    pub state: EventState,
    /// Whether the event is ready because its worker's lease expired: the worker has crashed or is
    /// frozen.
    pub is_suspect: bool,
    /// The provider and kind, such as `zego/room_create`.
    pub kind: String,
    /// The version of the payload's format.
    pub format_version: u32,
    /// The room, with provider and app, such as `zego/1234567890/"lobby"`.
    pub room: Option<String>,
    /// When the event was first received, by the web process's clock.
    pub received_at: SystemTime,
    /// The number of attempts, including one in progress.
    pub attempts: u32,
    /// The number of failed attempts since the event was put or retried.
    pub failures: u32,
    /// The number of crashes that the event has caused since it was put or retried.
    pub crashes: u32,
    /// For a ready event, the time until it is due; zero if it is due. For a leased event, the time
    /// until its lease expires.
    pub due_in: Option<Duration>,
    /// How long ago a done or dead event was finished.
    pub finished_ago: Option<Duration>,
    /// The error of the last failed attempt, unless the event is done: at most 1,000 characters,
    /// without control characters. It comes from a handler and **may contain personal data**.
    pub error: Option<String>,
    /// The size of the payload in bytes.
    pub payload_bytes: u64,
}

impl EventRecord {
    /// Creates the record of an event that has never been claimed.
    #[must_use]
    pub fn new(sequence: i64, kind: impl Into<String>, received_at: SystemTime) -> Self {
        Self {
            sequence,
            state: EventState::Ready,
            is_suspect: false,
            kind: kind.into(),
            format_version: 1,
            room: None,
            received_at,
            attempts: 0,
            failures: 0,
            crashes: 0,
            due_in: None,
            finished_ago: None,
            error: None,
            payload_bytes: 0,
        }
    }
}
