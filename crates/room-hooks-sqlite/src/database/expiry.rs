//! What is kept until it expires.

use rusqlite::{OptionalExtension, named_params};

use super::{totals::Totals, turn::Turn};

/// A table whose rows expire. Its keys are random, so it is swept in their order, a little with each transaction:
/// what is removed together is on the same page, and it needs no index by expiry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expiring {
    Ids,
    Signatures,
    Deliveries,
}

/// Where the next sweep of each table begins.
pub(super) type Cursors = [Vec<u8>; 3];

/// How many rows a sweep looks at if there is no room.
const IF_FULL: i64 = 1000;

impl Expiring {
    pub(super) const ALL: [Self; 3] = [Self::Ids, Self::Signatures, Self::Deliveries];

    /// The statement that finds the last row of a sweep, and the one that removes what has expired up to there.
    fn sweep(self) -> (&'static str, &'static str) {
        match self {
            Self::Ids => (
                "SELECT id FROM room_hooks_ids WHERE id > :from ORDER BY id LIMIT 1 OFFSET :rows",
                "DELETE FROM room_hooks_ids WHERE id > :from AND id <= :to AND expires_at <= :now",
            ),
            Self::Signatures => (
                "SELECT signature FROM room_hooks_signatures WHERE signature > :from ORDER BY signature
                 LIMIT 1 OFFSET :rows",
                "DELETE FROM room_hooks_signatures
                 WHERE signature > :from AND signature <= :to AND expires_at <= :now",
            ),
            Self::Deliveries => (
                "SELECT id FROM room_hooks_deliveries WHERE id > :from ORDER BY id LIMIT 1 OFFSET :rows",
                "DELETE FROM room_hooks_deliveries
                 WHERE id > :from AND id <= :to AND expires_at <= :now",
            ),
        }
    }

    fn rows(self, totals: &mut Totals) -> &mut i64 {
        match self {
            Self::Ids => &mut totals.ids,
            Self::Signatures => &mut totals.signatures,
            Self::Deliveries => &mut totals.deliveries,
        }
    }

    /// Counts a row that is inserted or deleted.
    pub(crate) fn count(self, turn: &Turn<'_>, change: i64) {
        turn.count(|totals| *self.rows(totals) += change);
    }

    /// Whether there is room for another row. What has expired makes some.
    pub(crate) fn has_room(self, turn: &Turn<'_>, most: i64) -> rusqlite::Result<bool> {
        let is_below = || *self.rows(&mut turn.totals()) < most;
        // The first may end at the end of the table.
        for _ in 0..2 {
            if is_below() {
                return Ok(true);
            }
            self.remove_expired(turn, IF_FULL)?;
        }
        Ok(is_below())
    }

    /// Removes what has expired of the next so many rows.
    fn remove_expired(self, turn: &Turn<'_>, rows: i64) -> rusqlite::Result<()> {
        let mut cursors = turn.cursors.borrow_mut();
        let cursor = &mut cursors[self as usize];
        let from: &[u8] = cursor;
        let (last, delete) = self.sweep();
        let last: Option<Vec<u8>> = turn
            .prepare(last)?
            .query_row(named_params! { ":from": from, ":rows": rows - 1 }, |row| row.get(0))
            .optional()?;
        // After the last row, the next sweep begins with the first. No key is longer than a digest.
        let to = last.as_deref().unwrap_or(&[0xff; 17]);
        let removed = turn
            .prepare(delete)?
            .execute(named_params! { ":from": from, ":to": to, ":now": turn.now })?;
        self.count(turn, -i64::try_from(removed).unwrap_or_default());
        *cursor = last.unwrap_or_default();
        Ok(())
    }
}

/// Removes some of what has expired: it looks at more than so many operations can add, and at so little that none
/// waits long.
pub(super) fn remove_expired(turn: &Turn<'_>, operations: usize) -> rusqlite::Result<()> {
    let rows = i64::try_from(4 * operations + 4).unwrap_or(i64::MAX);
    Expiring::ALL.iter().try_for_each(|table| table.remove_expired(turn, rows))
}
