//! One event, as far as the answers of an inbox tell of it.

use std::time::Duration;

use crate::{
    DeliveryId,
    inbox::{AttemptId, WorkerId},
};

use super::MAX_CRASHES;

/// All times are spans since the history began.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: Option<DeliveryId>,
    pub(super) room: Option<String>,
    pub(super) put_at: Duration,
    pub(super) state: State,
    /// The latest; nothing if it was never claimed.
    pub(super) attempt: Option<AttemptId>,
    pub(super) failures: u32,
    /// How many attempts it has had alone since it was put or retried.
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
        /// Whether it may have crashed so often alone that it is dead. Only the inbox knows.
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

    /// Whether a worker has it, whose lease holds.
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

    /// Whether it is certain that it is neither done nor dead.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Ready { .. })
            || matches!(self.state, State::Leased { is_perhaps_dead: false, .. })
    }

    pub(super) fn is_perhaps_dead(&self) -> bool {
        matches!(self.state, State::Leased { is_perhaps_dead: true, .. })
    }

    /// Another worker asks: if the lease has run out too often while this ran alone, it dies.
    pub(super) fn is_asked_for(&mut self, claimant: WorkerId, now: Duration) {
        if let State::Leased { worker, until, is_perhaps_dead } = &mut self.state {
            let has_crashed = *until <= now && *worker != claimant;
            *is_perhaps_dead |= has_crashed && self.alone >= MAX_CRASHES;
        }
    }
}
