//! What an operator sees of an inbox.

use std::time::{Duration, SystemTime};

/// What an inbox holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStats {
    /// Events that wait for a worker, or for their next attempt.
    pub ready: u64,
    /// Events that a worker has.
    pub leased: u64,
    /// Events that are done.
    pub done: u64,
    /// Events that failed for good.
    pub dead: u64,
    /// For how long the oldest ready event has been due.
    pub oldest_ready: Option<Duration>,
}

/// The state of an event, as [`InboxStats`] counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventState {
    /// It waits for a worker, or for its next attempt. A suspect is ready, too.
    Ready,
    /// A worker has it.
    Leased,
    /// Its handler succeeded.
    Done,
    /// It failed for good.
    Dead,
}

impl EventState {
    /// The state in lower case, as stores and tools spell it: `ready`, `leased`, `done` or `dead`.
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

/// An event in an inbox, without its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventRecord {
    /// Its place in the order of arrival.
    pub sequence: i64,
    /// Its state.
    pub state: EventState,
    /// Whether it is ready because the lease of its worker ran out: the worker has crashed or is frozen.
    pub is_suspect: bool,
    /// Provider and kind, such as `zego/room_create`.
    pub kind: String,
    /// The version of the payload's format.
    pub format_version: u32,
    /// The room, with provider and app, such as `zego/1234567890/"lobby"`.
    pub room: Option<String>,
    /// When its first delivery was received, by the clock of the web process.
    pub received_at: SystemTime,
    /// How many attempts there have been. The one that a worker is at is included.
    pub attempts: u32,
    /// How many of them have failed, since the event was put or retried.
    pub failures: u32,
    /// How many crashes it has caused, since then.
    pub crashes: u32,
    /// In what time a ready event is due, zero if it is; in what time the lease of a leased one ends.
    pub due_in: Option<Duration>,
    /// How long ago a done or dead event was finished.
    pub finished_ago: Option<Duration>,
    /// The error of the last failed attempt, unless the event is done: at most 1,000 characters, none of them a control
    /// character. It comes from a handler and **may contain personal data**.
    pub error: Option<String>,
    /// The size of the payload, in bytes.
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
