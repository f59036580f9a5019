//! What an inbox in memory knows, without its lock.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, InboxError, InboxStats, NewEvent,
        PutOutcome, Retention, WorkerId,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    /// In the order of arrival.
    events: BTreeMap<i64, Row>,
    by_id: HashMap<DeliveryId, i64>,
    signatures: HashMap<SignatureKey, (DeliveryId, Instant)>,
    last: i64,
}

struct Row {
    event: NewEvent,
    keep_until: Instant,
    state: State,
    attempts: u32,
    /// Whether the latest attempt may still be ended: also after its lease.
    is_open: bool,
    failures: u32,
    crashes: u32,
    is_suspect: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready {
        due: Instant,
    },
    Leased {
        worker: WorkerId,
        until: Instant,
    },
    Done {
        at: Instant,
    },
    Dead {
        at: Instant,
    },
    /// Its id remains.
    Pruned,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn put(
        &mut self,
        event: NewEvent,
        max_events: usize,
        now: Instant,
    ) -> Result<PutOutcome, InboxError> {
        if let (Some(id), Some(signature)) = (event.id, event.signature)
            && !self.bind(signature, id, event.retention, now)
        {
            return Ok(PutOutcome::SignatureReused);
        }
        if event.id.is_some_and(|id| self.by_id.contains_key(&id)) {
            return Ok(PutOutcome::Duplicate);
        }
        if self.events.len() >= max_events {
            let mut rows = self.events.iter();
            let is_dispensable = |row: &Row| row.is_forgettable(now) && row.is_done();
            let oldest = rows.find(|(_, row)| is_dispensable(row)).map(|(sequence, _)| *sequence);
            self.remove(oldest.ok_or(InboxError::Full)?);
        }
        self.last += 1;
        if let Some(id) = event.id {
            self.by_id.insert(id, self.last);
        }
        self.events.insert(
            self.last,
            Row {
                keep_until: now + event.retention,
                event,
                state: State::Ready { due: now },
                attempts: 0,
                is_open: false,
                failures: 0,
                crashes: 0,
                is_suspect: false,
            },
        );
        Ok(PutOutcome::New)
    }

    pub(super) fn bind(
        &mut self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
        now: Instant,
    ) -> bool {
        let fresh = (id, now + retention);
        let bound = self.signatures.entry(signature).or_insert(fresh);
        if bound.1 <= now {
            *bound = fresh;
        }
        bound.0 == id
    }

    pub(super) fn claim(&mut self, request: &ClaimRequest, now: Instant) -> Claims {
        self.find_crashes(request, now);
        let mut due: Vec<(Instant, i64)> = Vec::new();
        let mut rooms_seen = Vec::new();
        for (sequence, row) in self.events.iter().filter(|(_, row)| row.is_for(request)) {
            if let Some(room) = row.event.room.as_deref().filter(|_| request.is_ordered) {
                if rooms_seen.contains(&room) {
                    continue;
                }
                rooms_seen.push(room);
            }
            if let State::Ready { due: at } = row.state
                && at <= now
            {
                due.push((at, *sequence));
            }
        }
        due.sort_unstable();
        let suspects = due.iter().filter(|(_, sequence)| self.events[sequence].is_suspect);
        let suspects: Vec<_> = suspects.copied().collect();
        let given = match suspects.first() {
            Some(first) if request.is_idle => vec![*first],
            Some(_) => Vec::new(),
            None => due.into_iter().take(request.limit).collect(),
        };
        Claims {
            suspects_wait: suspects.len() > given.len(),
            events: given.into_iter().filter_map(|(_, n)| self.lease(n, request, now)).collect(),
        }
    }

    /// What was leased to a worker that has crashed becomes suspect.
    fn find_crashes(&mut self, request: &ClaimRequest, now: Instant) {
        for row in self.events.values_mut() {
            let State::Leased { worker, until } = row.state else { continue };
            if until > now || worker == request.worker {
                continue;
            }
            // A suspect ran alone.
            row.crashes += u32::from(row.is_suspect);
            row.is_suspect = true;
            row.state = match row.crashes >= request.max_crashes {
                true => State::Dead { at: now },
                false => State::Ready { due: until },
            };
        }
    }

    fn lease(
        &mut self,
        sequence: i64,
        request: &ClaimRequest,
        now: Instant,
    ) -> Option<ClaimedEvent> {
        let row = self.events.get_mut(&sequence)?;
        row.attempts += 1;
        row.is_open = true;
        row.state = State::Leased { worker: request.worker, until: now + request.lease };
        let attempt = AttemptId::new(sequence, row.attempts);
        let mut claimed = ClaimedEvent::new(attempt, row.failures, row.event.clone());
        claimed.is_suspect = row.is_suspect;
        Some(claimed)
    }

    pub(super) fn renew(&mut self, worker: WorkerId, lease: Duration, now: Instant) {
        for row in self.events.values_mut() {
            if let State::Leased { worker: holder, until } = &mut row.state
                && *holder == worker
            {
                *until = now + lease;
            }
        }
    }

    pub(super) fn finish(&mut self, attempt: AttemptId, ending: Ending, now: Instant) -> bool {
        let Some(row) = self.events.get_mut(&attempt.sequence) else { return false };
        if !row.is_open || row.attempts != attempt.number || !row.is_unfinished() {
            return false;
        }
        row.is_open = false;
        row.is_suspect = false;
        row.state = match ending {
            Ending::Done => State::Done { at: now },
            Ending::Dead { .. } => State::Dead { at: now },
            Ending::Released => State::Ready { due: now },
            Ending::Retry { after, .. } => {
                row.failures += 1;
                State::Ready { due: now + after }
            }
        };
        true
    }

    pub(super) fn retry(&mut self, sequence: i64, now: Instant) -> bool {
        let Some(row) = self.events.get_mut(&sequence) else { return false };
        let is_dead = matches!(row.state, State::Dead { .. });
        if is_dead {
            (row.failures, row.crashes) = (0, 0);
            row.state = State::Ready { due: now };
        }
        is_dead
    }

    pub(super) fn prune(&mut self, retention: Retention, limit: usize, now: Instant) -> usize {
        self.signatures.retain(|_, (_, until)| now < *until);
        let is_old = |row: &Row| match row.state {
            State::Done { at } => at + retention.done <= now,
            State::Dead { at } => at + retention.dead <= now,
            State::Pruned => row.is_forgettable(now),
            State::Ready { .. } | State::Leased { .. } => false,
        };
        let old = self.events.iter().filter(|(_, row)| is_old(row));
        let old: Vec<i64> = old.take(limit).map(|(sequence, _)| *sequence).collect();
        for sequence in &old {
            match self.events.get_mut(sequence) {
                Some(row) if !row.is_forgettable(now) => {
                    row.state = State::Pruned;
                    row.event.payload = Vec::new();
                }
                _ => self.remove(*sequence),
            }
        }
        old.len()
    }

    fn remove(&mut self, sequence: i64) {
        if let Some(id) = self.events.remove(&sequence).and_then(|row| row.event.id) {
            self.by_id.remove(&id);
        }
    }

    pub(super) fn stats(&self, now: Instant) -> InboxStats {
        let mut stats = InboxStats::default();
        for row in self.events.values() {
            match row.state {
                State::Ready { due } => {
                    stats.ready += 1;
                    let waiting = now.checked_duration_since(due);
                    stats.oldest_ready = stats.oldest_ready.max(waiting);
                }
                State::Leased { .. } => stats.leased += 1,
                State::Done { .. } => stats.done += 1,
                State::Dead { .. } => stats.dead += 1,
                State::Pruned => {}
            }
        }
        stats
    }
}

impl Row {
    fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Ready { .. } | State::Leased { .. })
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done { .. } | State::Pruned)
    }

    /// Whether no retry of its sender is expected any more.
    fn is_forgettable(&self, now: Instant) -> bool {
        self.event.id.is_none() || self.keep_until <= now
    }

    /// Whether a worker takes it, now or later.
    fn is_for(&self, request: &ClaimRequest) -> bool {
        let is_known = request.kinds.as_ref().is_none_or(|kinds| kinds.contains(&self.event.kind));
        self.is_unfinished() && is_known && self.event.format_version <= request.format_version
    }
}
