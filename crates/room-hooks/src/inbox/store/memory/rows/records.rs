//! An operator's view of an inbox in memory.

use tokio::time::Instant;

use crate::inbox::{EventRecord, EventState, InboxStats, NewEvent};

use super::{Row, Rows, State};

impl Rows {
    pub(in super::super) fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
        now: Instant,
    ) -> Vec<EventRecord> {
        let rows = self.events.iter().filter(|(sequence, _)| **sequence > after);
        let records = rows.filter_map(|(sequence, row)| row.record(*sequence, now));
        let records = records.filter(|record| state.is_none_or(|state| record.state == state));
        records.take(limit).collect()
    }

    pub(in super::super) fn get(
        &self,
        sequence: i64,
        now: Instant,
    ) -> Option<(EventRecord, NewEvent)> {
        let row = self.events.get(&sequence)?;
        Some((row.record(sequence, now)?, row.event.clone()))
    }

    pub(in super::super) fn stats(&self, now: Instant) -> InboxStats {
        let mut stats = InboxStats::default();
        for row in self.events.values() {
            match row.state {
                State::Leased { until, .. } if now < until => stats.leased += 1,
                // An event whose lease expired waits for another worker.
                State::Ready { due: since } | State::Leased { until: since, .. } => {
                    stats.ready += 1;
                    stats.oldest_ready = stats.oldest_ready.max(now.checked_duration_since(since));
                }
                State::Done { .. } => stats.done += 1,
                State::Dead { .. } => stats.dead += 1,
                State::Pruned => {}
            }
        }
        stats
    }
}

impl Row {
    /// `None` if the event was removed.
    fn record(&self, sequence: i64, now: Instant) -> Option<EventRecord> {
        let mut record = EventRecord::new(sequence, &self.event.kind, self.event.received_at);
        record.format_version = self.event.format_version;
        record.room.clone_from(&self.event.room);
        (record.attempts, record.failures) = (self.attempts, self.failures);
        record.crashes = self.crashes;
        record.error.clone_from(&self.error);
        record.payload_bytes = self.event.payload.len() as u64;
        let in_time = |at: Instant| Some(at.saturating_duration_since(now));
        let (state, due_in, finished_at) = match self.state {
            State::Ready { due } => (EventState::Ready, in_time(due), None),
            State::Leased { until, .. } if now < until => {
                (EventState::Leased, in_time(until), None)
            }
            State::Leased { until, .. } => {
                record.is_suspect = true;
                (EventState::Ready, in_time(until), None)
            }
            State::Done { at } => (EventState::Done, None, Some(at)),
            State::Dead { at } => (EventState::Dead, None, Some(at)),
            State::Pruned => return None,
        };
        (record.state, record.due_in) = (state, due_in);
        record.finished_ago = finished_at.map(|at| now.saturating_duration_since(at));
        Some(record)
    }
}
