use std::cell::{Cell, RefCell};

use rusqlite::{CachedStatement, Connection, named_params};

use super::{
    keys::Cursors,
    totals::{State, Totals},
};
use crate::clock::Clock;

/// The context of an operation: a connection, in a transaction if it may write, and the time.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    connection: &'a Connection,
    /// The time of this turn, in milliseconds since the Unix epoch.
    pub(crate) now: i64,
    /// Whether the clock was set back. A read that depends on the time must then leave the work to
    /// a write, which first adjusts the times in the file.
    pub(crate) is_set_back: bool,
    totals: RefCell<Totals>,
    pub(super) cursors: &'a RefCell<Cursors>,
}

impl<'a> Turn<'a> {
    pub(crate) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'a>> {
        self.connection.prepare_cached(sql)
    }

    pub(crate) fn totals(&self) -> Totals {
        *self.totals.borrow()
    }

    /// Updates the totals. Every statement that changes one of these numbers needs such a call.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Totals)) {
        change(&mut self.totals.borrow_mut());
    }

    /// Updates the totals for an event that has changed its state.
    pub(crate) fn moved(&self, from: State, to: State) {
        self.count(|totals| {
            *totals.of_state(from) -= 1;
            *totals.of_state(to) += 1;
        });
    }

    pub(super) fn set_totals(&self, totals: Totals) {
        *self.totals.borrow_mut() = totals;
    }

    /// Runs a statement without parameters.
    pub(super) fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.prepare(sql)?.execute([])?;
        Ok(())
    }
}

/// Shifts the times in the file by the span by which the clock was set back. `latest` is the latest
/// time that the clock has shown.
///
/// An expiry at or before `latest` stays unchanged, unless it ends a claim: it may have been stored
/// before the clock ran ahead, and would then come too early. A shift reads whole tables, which is
/// acceptable because a clock is seldom set back.
fn shift(connection: &Connection, latest: i64, span: i64) -> rusqlite::Result<()> {
    let parameters = named_params! { ":latest": latest, ":span": span };
    let of_keys = "SET expires_at = expires_at - :span
        WHERE expires_at > :latest OR (kind = 'delivery' AND owner IS NOT NULL)";
    for keys in ["room_hooks_keys", "room_hooks_old_keys"] {
        connection.execute(&format!("UPDATE {keys} {of_keys}"), parameters)?;
    }
    connection.execute(
        "UPDATE room_hooks_events SET next_at = next_at - ?1 WHERE next_at IS NOT NULL",
        [span],
    )?;
    connection.execute(
        "UPDATE room_hooks_events SET
            finished_at = min(finished_at, :latest - :span),
            keep_until = iif(keep_until > :latest, keep_until - :span, keep_until)
         WHERE finished_at > :latest - :span OR keep_until > :latest",
        parameters,
    )?;
    Ok(())
}

/// Detects that the clock was set back, by the latest time that the connection or the file has
/// seen.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Cell<i64>,
    /// The number of set-backs in the file when `seen` was set. If the file now counts more,
    /// another connection has handled a set-back, and `seen` is obsolete.
    set_backs: Cell<i64>,
    cursors: RefCell<Cursors>,
    /// Operations since the last sweep.
    pub(super) operations: Cell<usize>,
}

/// If the clock is behind by no more than this many milliseconds, as after a small correction, time
/// stands still until it has caught up.
const SMALL: i64 = 1000;

impl Watch {
    /// Begins a turn that only reads.
    pub(super) fn read<'a>(
        &'a self,
        connection: &'a Connection,
        clock: &Clock,
    ) -> rusqlite::Result<Turn<'a>> {
        let totals = Totals::read(connection)?;
        let (now, set_back_by) = self.look(totals, clock);
        let totals = RefCell::new(totals);
        Ok(Turn {
            connection,
            now,
            is_set_back: set_back_by.is_some(),
            totals,
            cursors: &self.cursors,
        })
    }

    /// Begins a turn in a transaction that may write. If the clock was set back, this first shifts
    /// the times in the file by the same span. Of the processes that share the file, only one does
    /// so, because each checks in a transaction.
    pub(super) fn write<'a>(
        &'a self,
        connection: &'a Connection,
        clock: &Clock,
    ) -> rusqlite::Result<Turn<'a>> {
        let mut totals = Totals::read(connection)?;
        let (mut now, set_back_by) = self.look(totals, clock);
        if let Some(span) = set_back_by {
            let latest = now;
            now -= span;
            totals.set_backs += 1;
            shift(connection, latest, span)?;
            // Written even if no row has changed; otherwise, each turn would detect the set-back
            // again.
            totals.last_now = now;
            totals.write(connection)?;
            tracing::warn!(seconds = span / 1000, "the clock was set back");
        }
        totals.last_now = now;
        Ok(Turn {
            connection,
            now,
            is_set_back: false,
            totals: RefCell::new(totals),
            cursors: &self.cursors,
        })
    }

    /// Notes the time of a turn whose transaction has committed, or that was a read.
    pub(super) fn saw(&self, turn: &Turn<'_>) {
        self.seen.set(turn.now);
        self.set_backs.set(turn.totals().set_backs);
    }

    /// The time, and the span in milliseconds by which the clock was set back.
    fn look(&self, totals: Totals, clock: &Clock) -> (i64, Option<i64>) {
        let mut latest = totals.last_now;
        if totals.set_backs == self.set_backs.get() {
            latest = latest.max(self.seen.get());
        }
        let now = clock.now();
        let behind = latest - now;
        (now.max(latest), (behind > SMALL).then_some(behind))
    }
}
