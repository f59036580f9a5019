use rusqlite::{Connection, Row};

/// The table with one row: the number of events in each state and of keys of each kind, and the
/// time of the last transaction.
///
/// Each put needs these numbers, and counting a million rows takes a tenth of a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The sequence of the newest event.
    pub(crate) sequence: i64,
    pub(crate) ready: i64,
    pub(crate) leased: i64,
    pub(crate) done: i64,
    pub(crate) dead: i64,
    pub(crate) bytes: i64,
    pub(crate) ids: i64,
    pub(crate) signatures: i64,
    pub(crate) deliveries: i64,
    /// The number of ids, signatures and deliveries that are in the small table.
    pub(crate) recent: i64,
    pub(crate) last_now: i64,
    pub(crate) set_backs: i64,
}

/// The state of an event, as `room_hooks_events.state` spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ready,
    Leased,
    Done,
    Dead,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    pub(crate) fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Dead)
    }
}

impl Totals {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut read = connection.prepare_cached(
            "SELECT sequence, ready, leased, done, dead, bytes, ids, signatures, deliveries, recent, last_now, set_backs
             FROM room_hooks_totals",
        )?;
        read.query_row([], Self::from_row)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            sequence: row.get(0)?,
            ready: row.get(1)?,
            leased: row.get(2)?,
            done: row.get(3)?,
            dead: row.get(4)?,
            bytes: row.get(5)?,
            ids: row.get(6)?,
            signatures: row.get(7)?,
            deliveries: row.get(8)?,
            recent: row.get(9)?,
            last_now: row.get(10)?,
            set_backs: row.get(11)?,
        })
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut write = connection.prepare_cached(
            "UPDATE room_hooks_totals SET sequence = ?1, ready = ?2, leased = ?3, done = ?4, dead = ?5, bytes = ?6,
                ids = ?7, signatures = ?8, deliveries = ?9, recent = ?10, last_now = ?11, set_backs = ?12",
        )?;
        write.execute([
            self.sequence,
            self.ready,
            self.leased,
            self.done,
            self.dead,
            self.bytes,
            self.ids,
            self.signatures,
            self.deliveries,
            self.recent,
            self.last_now,
            self.set_backs,
        ])?;
        Ok(())
    }

    /// The number of events in all states.
    pub(crate) fn rows(&self) -> i64 {
        self.ready + self.leased + self.done + self.dead
    }

    pub(crate) fn of_state(&mut self, state: State) -> &mut i64 {
        match state {
            State::Ready => &mut self.ready,
            State::Leased => &mut self.leased,
            State::Done => &mut self.done,
            State::Dead => &mut self.dead,
        }
    }
}
