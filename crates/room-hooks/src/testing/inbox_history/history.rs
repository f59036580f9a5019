//! The history of an inbox, and the rules by which it determines the next answer.

use std::{collections::HashMap, time::Duration};

use crate::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, InboxStats, NewEvent, PutOutcome,
        WorkerId,
    },
};

use super::{
    DONE_RETENTION, LEASE, RETENTION,
    record::{Record, State},
};

/// An attempt in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) attempt: AttemptId,
    pub(super) is_suspect: bool,
}

#[derive(Default)]
pub(super) struct History {
    now: Duration,
    /// The events in order of arrival.
    events: Vec<Record>,
    signatures: HashMap<SignatureKey, (DeliveryId, Duration)>,
    log: Vec<String>,
}

impl History {
    pub(super) fn note(&mut self, what: String) {
        self.log.push(format!("{:>4} s  {what}", self.now.as_secs()));
    }

    /// Checks that the inbox has kept a rule.
    #[track_caller]
    fn check(&self, is_kept: bool, rule: &str) {
        assert!(is_kept, "{rule}\n{}", self.log.join("\n"));
    }

    pub(super) fn pass(&mut self, span: Duration) {
        self.now += span;
    }

    /// The payload of the next stored event, which is unique.
    pub(super) fn next_payload(&self) -> Vec<u8> {
        self.events.len().to_string().into_bytes()
    }

    pub(super) fn put(&mut self, event: &NewEvent, outcome: PutOutcome) {
        self.note(format!(
            "put {:?} of room {:?} with {:?}: {outcome:?}",
            event.id, event.room, event.signature
        ));
        let binding = event.id.zip(event.signature);
        let is_stolen = binding.is_some_and(|(id, signature)| self.is_anothers(signature, id));
        let of_id = |record: &&Record| record.id.is_some() && record.id == event.id;
        let is_stored = self.events.iter().filter(of_id).any(|known| known.state != State::Pruned);
        let latest = self.events.iter().rfind(of_id);
        let is_remembered =
            is_stored || latest.is_some_and(|known| self.now < known.put_at + RETENTION);
        match outcome {
            PutOutcome::SignatureReused => {
                self.check(is_stolen, "the signature belongs to this event");
            }
            PutOutcome::Duplicate => {
                self.check(!is_stolen, "the signature belongs to another event");
                self.check(latest.is_some(), "a new event was lost");
            }
            PutOutcome::New => {
                self.check(!is_stolen, "the signature belongs to another event");
                self.check(!is_remembered, "the event is a duplicate");
                let record = Record::new(event.id, event.room.clone(), self.now);
                self.events.push(record);
            }
        }
        if let Some((id, signature)) = binding
            && !is_stolen
        {
            self.bound(signature, id);
        }
    }

    pub(super) fn bind(&mut self, signature: SignatureKey, id: DeliveryId, is_bound: bool) {
        self.note(format!("bind {signature:?} to {id:?}: {is_bound}"));
        let is_anothers = self.is_anothers(signature, id);
        self.check(is_bound != is_anothers, "a signature belongs to its first event");
        if is_bound {
            self.bound(signature, id);
        }
    }

    fn is_anothers(&self, signature: SignatureKey, id: DeliveryId) -> bool {
        let owner = self.signatures.get(&signature);
        owner.is_some_and(|(owner, until)| self.now < *until && *owner != id)
    }

    fn bound(&mut self, signature: SignatureKey, id: DeliveryId) {
        let fresh = (id, self.now + RETENTION);
        let bound = self.signatures.entry(signature).or_insert(fresh);
        if bound.1 <= self.now {
            *bound = fresh;
        }
    }

    pub(super) fn claim(&mut self, request: &ClaimRequest, claims: &Claims) -> Vec<Held> {
        let events = &claims.events;
        let attempts: Vec<AttemptId> = events.iter().map(|claimed| claimed.attempt).collect();
        let ClaimRequest { worker, limit, is_idle, is_ordered, .. } = *request;
        self.note(format!(
            "worker {} claims {limit}, idle {is_idle}, ordered {is_ordered}: {attempts:?}, suspects wait {}",
            worker.0, claims.suspects_wait
        ));
        for record in &mut self.events {
            record.is_asked_for(worker, self.now);
        }
        self.check(events.len() <= limit, "a claim returns at most the requested number");
        let suspects = (0..self.events.len()).filter(|&index| {
            self.events[index].is_suspect(worker, self.now) && self.may_run(index, request)
        });
        let suspects = suspects.count();
        // This includes events that may be dead, and the asking worker's own.
        let is_any_suspect = self
            .events
            .iter()
            .any(|record| matches!(record.state, State::Leased { until, .. } if until <= self.now));
        let is_suspect = events.iter().any(|claimed| claimed.is_suspect);
        self.check(!is_suspect || is_idle, "a busy worker receives no suspect");
        self.check(!is_suspect || events.len() == 1, "a suspect runs alone");
        self.check(suspects == 0 || is_suspect || events.is_empty(), "suspects come first");
        self.check(suspects == 0 || is_suspect || !is_idle, "a suspect is due");
        self.check(suspects == 0 || is_idle || claims.suspects_wait, "suspects wait");
        self.check(!claims.suspects_wait || is_any_suspect, "there is no suspect");
        self.check(!claims.suspects_wait || is_idle || events.is_empty(), "suspects come first");
        if events.is_empty() && !claims.suspects_wait {
            let is_lost = (0..self.events.len())
                .any(|index| self.events[index].is_due(self.now) && self.may_run(index, request));
            self.check(!is_lost, "a due event is claimed");
        }
        events.iter().map(|claimed| self.claimed(request, claimed)).collect()
    }

    /// Whether an event may run in the order of its room. If another event of the room may be dead,
    /// only the inbox knows.
    fn may_run(&self, index: usize, request: &ClaimRequest) -> bool {
        !request.is_ordered
            || !self.others_of_room(index).any(|(other, record)| {
                record.is_perhaps_dead()
                    || is_leased(record, request.worker, self.now)
                    || (other < index && record.is_unfinished())
            })
    }

    /// The other events of an event's room, with their positions in order of arrival.
    fn others_of_room(&self, index: usize) -> impl Iterator<Item = (usize, &Record)> {
        let room = self.events[index].room.as_ref();
        let others = self.events.iter().enumerate();
        others.filter(move |(other, record)| {
            *other != index && room.is_some() && record.room.as_ref() == room
        })
    }

    fn claimed(&mut self, request: &ClaimRequest, claimed: &ClaimedEvent) -> Held {
        let ClaimedEvent { attempt, is_suspect, .. } = *claimed;
        let payload = str::from_utf8(&claimed.event.payload).ok();
        let index = payload.and_then(|payload| payload.parse::<usize>().ok());
        let index = index.filter(|index| *index < self.events.len());
        self.check(index.is_some(), "only events that were put are claimed");
        let index = index.unwrap_or_default();
        let record = &self.events[index];
        self.check(!record.is_held(self.now), "an event is leased by one worker at a time");
        self.check(
            matches!(record.state, State::Ready { .. } | State::Leased { .. }),
            "a done, dead or removed event is not claimed",
        );
        let is_due = match record.state {
            State::Ready { due } => due <= self.now,
            _ => true,
        };
        self.check(is_due, "an event is not claimed before it is due");
        self.check(
            is_suspect == matches!(record.state, State::Leased { .. }),
            "an event is a suspect if and only if its lease expired",
        );
        let before = record.attempt.map_or(0, |before| before.number);
        self.check(attempt.number == before + 1, "attempts are numbered one by one");
        self.check(
            record.attempt.is_none_or(|before| before.sequence == attempt.sequence),
            "an event has one place in the order of arrival",
        );
        self.check(claimed.failures == record.failures, "failures are counted");
        if request.is_ordered {
            let overtakes = self
                .others_of_room(index)
                .any(|(other, record)| other < index && record.is_unfinished());
            self.check(!overtakes, "an older event of the room is unfinished");
            let is_beside = self.others_of_room(index).any(|(_, other)| other.is_held(self.now));
            self.check(!is_beside, "another event of the room is leased");
        }
        let record = &mut self.events[index];
        record.attempt = Some(attempt);
        record.alone += u32::from(is_suspect);
        record.state = State::Leased {
            worker: request.worker,
            until: self.now + LEASE,
            is_perhaps_dead: false,
        };
        Held { attempt, is_suspect }
    }

    pub(super) fn finish(&mut self, attempt: AttemptId, ending: &Ending, is_ended: bool) {
        self.note(format!("{attempt:?} ends as {ending:?}: {is_ended}"));
        let Some(index) = self.index_of(attempt.sequence) else { return };
        let (record, now) = (&self.events[index], self.now);
        let is_open =
            record.attempt == Some(attempt) && matches!(record.state, State::Leased { .. });
        self.check(is_open || !is_ended, "not the latest attempt, or one that has ended");
        let is_perhaps_dead = record.is_perhaps_dead();
        self.check(is_ended || !is_open || is_perhaps_dead, "the latest attempt ends");
        let record = &mut self.events[index];
        if !is_ended {
            if is_perhaps_dead && is_open {
                record.state = State::Dead;
            }
            return;
        }
        record.state = match ending {
            Ending::Done => State::Done { at: now },
            Ending::Dead { .. } => State::Dead,
            Ending::Released => State::Ready { due: now },
            Ending::Retry { after, .. } => {
                record.failures += 1;
                State::Ready { due: now + *after }
            }
        };
    }

    pub(super) fn renew(&mut self, worker: WorkerId) {
        self.note(format!("worker {} renews its leases", worker.0));
        for record in &mut self.events {
            if let State::Leased { worker: holder, until, .. } = &mut record.state
                && *holder == worker
            {
                *until = self.now + LEASE;
            }
        }
    }

    /// The sequence of one of the claimed events.
    pub(super) fn sequence(&self, which: u8) -> Option<i64> {
        let attempts = self.events.iter().filter_map(|record| record.attempt);
        let sequences: Vec<i64> = attempts.map(|attempt| attempt.sequence).collect();
        sequences.get(usize::from(which) % sequences.len().max(1)).copied()
    }

    fn index_of(&self, sequence: i64) -> Option<usize> {
        let is_it = |record: &Record| record.attempt.is_some_and(|it| it.sequence == sequence);
        self.events.iter().position(is_it)
    }

    pub(super) fn retry(&mut self, sequence: i64, is_ready: bool) {
        self.note(format!("retry {sequence}: {is_ready}"));
        let Some(index) = self.index_of(sequence) else { return };
        let record = &self.events[index];
        let (is_dead, is_perhaps_dead) = (record.state == State::Dead, record.is_perhaps_dead());
        self.check(is_ready || !is_dead, "a dead event can be retried");
        self.check(!is_ready || is_dead || is_perhaps_dead, "the event is not dead");
        let record = &mut self.events[index];
        if is_ready {
            (record.failures, record.alone) = (0, 0);
            record.state = State::Ready { due: self.now };
        } else if let State::Leased { is_perhaps_dead, .. } = &mut record.state {
            *is_perhaps_dead = false;
        }
    }

    pub(super) fn discard(&mut self, sequence: i64, is_removed: bool) {
        self.note(format!("discard {sequence}: {is_removed}"));
        let Some(index) = self.index_of(sequence) else { return };
        let expected = match self.events[index].state {
            State::Ready { .. } | State::Dead => Some(true),
            State::Done { .. } | State::Pruned => Some(false),
            State::Leased { until, .. } if until <= self.now => Some(true),
            State::Leased { is_perhaps_dead, .. } => (!is_perhaps_dead).then_some(false),
        };
        let is_expected = expected.is_none_or(|expected| is_removed == expected);
        self.check(is_expected, "only waiting and dead events are discarded");
        let record = &mut self.events[index];
        if is_removed {
            record.state = State::Pruned;
        } else if let State::Leased { is_perhaps_dead, .. } = &mut record.state {
            *is_perhaps_dead = false;
        }
    }

    pub(super) fn prune(&mut self, pruned: usize) {
        self.note(format!("prune: {pruned}"));
        let mut expected = 0;
        for record in &mut self.events {
            if let State::Done { at } = record.state
                && at + DONE_RETENTION <= self.now
            {
                record.state = State::Pruned;
                expected += 1;
            }
        }
        self.check(pruned == expected, "only done events past their retention are pruned");
    }

    pub(super) fn perhaps_dead(&self) -> Vec<i64> {
        let perhaps_dead = self.events.iter().filter(|record| record.is_perhaps_dead());
        perhaps_dead.filter_map(|record| Some(record.attempt?.sequence)).collect()
    }

    /// Checks that no work is left.
    pub(super) fn end(&self, stats: &InboxStats) {
        let is_finished = |record: &Record| {
            matches!(record.state, State::Done { .. } | State::Dead | State::Pruned)
        };
        self.check(self.events.iter().all(is_finished), "an event is lost");
        let count = |is_one: fn(&State) -> bool| {
            self.events.iter().filter(|record| is_one(&record.state)).count() as u64
        };
        let done = count(|state| matches!(state, State::Done { .. }));
        let dead = count(|state| *state == State::Dead);
        let counted = (stats.ready, stats.leased, stats.done, stats.dead);
        self.check(counted == (0, 0, done, dead), &format!("counted as {counted:?}"));
    }
}

/// Whether any worker holds the event, or the asking worker held it.
fn is_leased(record: &Record, claimant: WorkerId, now: Duration) -> bool {
    let is_own = matches!(record.state, State::Leased { worker, .. } if worker == claimant);
    is_own || record.is_held(now)
}
