//! The contents of an inbox in memory, without its lock.

mod records;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, InboxError, NewEvent, PutOutcome,
        Retention, WorkerId,
    },
};

#[derive(Default)]
pub(super) struct Rows {
    /// The events by sequence, which is the order of arrival.
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
    failures: u32,
    /// Crashes of workers that ran nothing else.
    crashes: u32,
    error: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready {
        due: Instant,
    },
    /// After the lease, the event is a suspect for other workers. For its own worker, it stays
    /// leased until another worker claims it.
    Leased {
        worker: WorkerId,
        until: Instant,
        /// Whether the worker runs nothing else.
        is_alone: bool,
    },
    Done {
        at: Instant,
    },
    Dead {
        at: Instant,
    },
    /// Only the event's id remains.
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
        // The signature is bound even if there is no room for the event, because the event's retry
        // must find it bound to the event.
        if let (Some(id), Some(signature)) = (event.id, event.signature)
            && !self.bind(signature, id, event.retention, now)
        {
            return Ok(PutOutcome::SignatureReused);
        }
        if let Some(known) = event.id.and_then(|id| self.by_id.get(&id).copied()) {
            let row = &self.events[&known];
            if row.state != State::Pruned || !row.is_forgettable(now) {
                return Ok(PutOutcome::Duplicate);
            }
            self.remove(known);
        }
        if self.events.len() >= max_events {
            let mut rows = self.events.iter();
            let oldest = rows.find(|(_, row)| row.is_done() && row.is_forgettable(now));
            let oldest = oldest.map(|(sequence, _)| *sequence).ok_or(InboxError::Full)?;
            self.remove(oldest);
        }
        self.last += 1;
        if let Some(id) = event.id {
            self.by_id.insert(id, self.last);
        }
        self.events.insert(
            self.last,
            Row {
                keep_until: after(now, event.retention),
                event,
                state: State::Ready { due: now },
                attempts: 0,
                failures: 0,
                crashes: 0,
                error: None,
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
        let fresh = (id, after(now, retention));
        let bound = self.signatures.entry(signature).or_insert(fresh);
        if bound.1 <= now {
            *bound = fresh;
        }
        bound.0 == id
    }

    pub(super) fn claim(&mut self, request: &ClaimRequest, now: Instant) -> Claims {
        let (suspects, ready) = self.candidates(request, now);
        let (suspects_wait, given) = match suspects.first() {
            Some(first) if request.is_idle && request.limit > 0 => (false, vec![*first]),
            Some(_) => (true, Vec::new()),
            None => (false, ready.into_iter().take(request.limit).collect()),
        };
        let lease = |sequence| self.lease(sequence, request, now);
        Claims { events: given.into_iter().filter_map(lease).collect(), suspects_wait }
    }

    /// The suspects, and the other due events that a request can take, each in the order of their
    /// due times. An event that has crashed too often becomes dead.
    fn candidates(&mut self, request: &ClaimRequest, now: Instant) -> (Vec<i64>, Vec<i64>) {
        let (mut suspects, mut ready) = (Vec::new(), Vec::new());
        // Rooms of which no other event may be claimed: one is leased, or an older one is
        // unfinished.
        let mut rooms = HashSet::new();
        for row in self.events.values_mut() {
            row.count_crash(request, now);
            if row.is_for(request) && row.is_leased(request.worker, now) {
                rooms.extend(row.event.room.clone());
            }
        }
        for (sequence, row) in self.events.iter().filter(|(_, row)| row.is_for(request)) {
            if let Some(room) = row.event.room.clone().filter(|_| request.is_ordered)
                && !rooms.insert(room)
            {
                continue;
            }
            match row.state {
                State::Ready { due } if due <= now => ready.push((due, *sequence)),
                State::Leased { until, .. } if !row.is_leased(request.worker, now) => {
                    suspects.push((until, *sequence));
                }
                _ => {}
            }
        }
        let in_order = |mut due: Vec<(Instant, i64)>| {
            due.sort_unstable();
            due.into_iter().map(|(_, sequence)| sequence).collect()
        };
        (in_order(suspects), in_order(ready))
    }

    fn lease(
        &mut self,
        sequence: i64,
        request: &ClaimRequest,
        now: Instant,
    ) -> Option<ClaimedEvent> {
        let row = self.events.get_mut(&sequence)?;
        let is_suspect = matches!(row.state, State::Leased { .. });
        row.attempts += 1;
        row.state = State::Leased {
            worker: request.worker,
            until: after(now, request.lease),
            is_alone: is_suspect,
        };
        let attempt = AttemptId::new(sequence, row.attempts);
        let mut claimed = ClaimedEvent::new(attempt, row.failures, row.event.clone());
        claimed.is_suspect = is_suspect;
        Some(claimed)
    }

    pub(super) fn renew(&mut self, worker: WorkerId, lease: Duration, now: Instant) {
        for row in self.events.values_mut() {
            if let State::Leased { worker: holder, until, .. } = &mut row.state
                && *holder == worker
            {
                *until = after(now, lease);
            }
        }
    }

    pub(super) fn finish(&mut self, attempt: AttemptId, ending: Ending, now: Instant) -> bool {
        let Some(row) = self.events.get_mut(&attempt.sequence) else { return false };
        if !matches!(row.state, State::Leased { .. }) || row.attempts != attempt.number {
            return false;
        }
        row.state = match ending {
            Ending::Done => {
                row.error = None;
                State::Done { at: now }
            }
            Ending::Dead { error } => {
                row.failures += 1;
                row.error = Some(error);
                State::Dead { at: now }
            }
            Ending::Released => State::Ready { due: now },
            Ending::Retry { after: pause, error } => {
                row.failures += 1;
                row.error = Some(error);
                State::Ready { due: after(now, pause) }
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

    pub(super) fn discard(&mut self, sequence: i64, now: Instant) -> bool {
        let Some(row) = self.events.get_mut(&sequence) else { return false };
        let is_discarded = match row.state {
            State::Ready { .. } | State::Dead { .. } => true,
            State::Leased { until, .. } => until <= now,
            State::Done { .. } | State::Pruned => false,
        };
        if is_discarded {
            row.prune();
        }
        is_discarded
    }

    pub(super) fn prune(&mut self, retention: Retention, limit: usize, now: Instant) -> usize {
        self.signatures.retain(|_, (_, until)| now < *until);
        let is_old = |row: &Row| match row.state {
            State::Done { at } => now.duration_since(at) >= retention.done,
            State::Dead { at } => now.duration_since(at) >= retention.dead,
            State::Ready { .. } | State::Leased { .. } | State::Pruned => false,
        };
        let old = self.events.iter().filter(|(_, row)| is_old(row));
        let old: Vec<i64> = old.take(limit).map(|(sequence, _)| *sequence).collect();
        for sequence in &old {
            self.events.entry(*sequence).and_modify(Row::prune);
        }
        let is_forgotten = |row: &Row| row.state == State::Pruned && row.is_forgettable(now);
        let forgotten = self.events.iter().filter(|(_, row)| is_forgotten(row));
        let forgotten: Vec<i64> = forgotten.map(|(sequence, _)| *sequence).collect();
        forgotten.into_iter().for_each(|sequence| self.remove(sequence));
        old.len()
    }

    fn remove(&mut self, sequence: i64) {
        if let Some(id) = self.events.remove(&sequence).and_then(|row| row.event.id) {
            self.by_id.remove(&id);
        }
    }
}

impl Row {
    fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Ready { .. } | State::Leased { .. })
    }

    /// Removes the event. Only its id remains.
    fn prune(&mut self) {
        self.state = State::Pruned;
        self.event.payload = Vec::new();
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done { .. } | State::Pruned)
    }

    fn is_leased(&self, claimant: WorkerId, now: Instant) -> bool {
        matches!(self.state, State::Leased { worker, until, .. } if now < until || worker == claimant)
    }

    /// Counts a crash of a worker that ran only this event, as soon as another worker asks.
    fn count_crash(&mut self, request: &ClaimRequest, now: Instant) {
        let is_out = !self.is_leased(request.worker, now);
        if let State::Leased { is_alone, .. } = &mut self.state
            && is_out
            && mem::take(is_alone)
        {
            self.crashes += 1;
            if self.crashes >= request.max_crashes {
                self.state = State::Dead { at: now };
                let crashes = self.crashes;
                self.error = Some(format!(
                    "its worker crashed or froze {crashes} times while it ran nothing else"
                ));
            }
        }
    }

    /// Whether its retention against duplicates has ended, or it has no id.
    fn is_forgettable(&self, now: Instant) -> bool {
        self.event.id.is_none() || self.keep_until <= now
    }

    /// Whether the requesting worker can take the event, now or later.
    fn is_for(&self, request: &ClaimRequest) -> bool {
        let is_known = request.kinds.as_ref().is_none_or(|kinds| kinds.contains(&self.event.kind));
        self.is_unfinished() && is_known && self.event.format_version <= request.format_version
    }
}

fn after(now: Instant, span: Duration) -> Instant {
    const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    now.checked_add(span).unwrap_or_else(|| now + FOREVER)
}
