//! One event, as known from the answers of an inbox.

use std::time::Duration;

use crate::{
    DeliveryId,
    inbox::{AttemptId, WorkerId},
};

use super::MAX_CRASHES;

/// One event. All times are spans since the history began.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: Option<DeliveryId>,
    pub(super) room: Option<String>,
    pub(super) put_at: Duration,
    pub(super) state: State,
    /// The latest attempt; `None` if the event was never claimed.
    pub(super) attempt: Option<AttemptId>,
    pub(super) failures: u32,
    /// The number of attempts as a suspect since the event was put or retried.
    pub(super) alone: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready {
        due: Duration,
    },
    Leased {
        worker: WorkerId,
        until: Duration,
        /// Whether the event may have caused enough crashes to be dead. Only the inbox knows.
        is_perhaps_dead: bool,
    },
    Done {
        at: Duration,
    },
    Dead,
    Pruned,
}

impl Record {
    pub(super) fn new(id: Option<DeliveryId>, room: Option<String>, put_at: Duration) -> Self {
        let state = State::Ready { due: put_at };
        Self { id, room, put_at, state, attempt: None, failures: 0, alone: 0 }
    }

    /// Whether a worker has an unexpired lease.
    pub(super) fn is_held(&self, now: Duration) -> bool {
        matches!(
            self.state,
            State::Leased { until, is_perhaps_dead, .. } if now < until && !is_perhaps_dead
        )
    }

    pub(super) fn is_suspect(&self, claimant: WorkerId, now: Duration) -> bool {
        matches!(
            self.state,
            State::Leased { worker, until, is_perhaps_dead }
                if until <= now && worker != claimant && !is_perhaps_dead
        )
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        matches!(self.state, State::Ready { due } if due <= now)
    }

    /// Whether the event is certainly neither done nor dead.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Ready { .. })
            || matches!(self.state, State::Leased { is_perhaps_dead: false, .. })
    }

    pub(super) fn is_perhaps_dead(&self) -> bool {
        matches!(self.state, State::Leased { is_perhaps_dead: true, .. })
    }

    /// Notes that another worker asks: an event whose lease has expired too often while it ran
    /// alone dies.
    pub(super) fn is_asked_for(&mut self, claimant: WorkerId, now: Duration) {
        if let State::Leased { worker, until, is_perhaps_dead } = &mut self.state {
            let has_crashed = *until <= now && *worker != claimant;
            *is_perhaps_dead |= has_crashed && self.alone >= MAX_CRASHES;
        }
    }
}
