//! Digests that are remembered until they expire: event ids, signatures and delivery ids.
//!
//! Digests are random. In one large table, each insertion would write to a different page, which
//! costs as much as storing the event itself. So new keys go into a small table, `room_hooks_keys`.
//! When that grows too large, ranges of it move to a large table, `room_hooks_old_keys`, in key
//! order, so that several keys share a page.

use rusqlite::{OptionalExtension, named_params};

use super::{totals::Totals, turn::Turn};

/// The kind of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// The id of an event in the inbox. It does not expire before the event is removed.
    Event,
    /// A signature. Its owner is the id that it is bound to.
    Signature,
    /// The id of a delivery. Its owner is the token of the claim; a settled delivery has none.
    Delivery,
}

/// A key that is stored, expired or not.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) owner: Option<Vec<u8>>,
    pub(crate) expires_at: Option<i64>,
}

/// The number of rows of each kind that a sweep examines. The operations between two sweeps seldom
/// insert more.
const SWEPT: i64 = 256;
pub(super) const OPERATIONS_BETWEEN_SWEEPS: usize = 64;

/// The approximate number of keys in the small table, above which a sweep moves some.
const RECENT: i64 = 100_000;

/// The number of rows that a sweep examines when the store is full.
const SWEPT_IF_FULL: i64 = 1000;

/// The key after which the next sweep begins, for each kind and table.
pub(super) type Cursors = [[Vec<u8>; 2]; 3];

impl Kind {
    const ALL: [Self; 3] = [Self::Event, Self::Signature, Self::Delivery];

    fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Signature => "signature",
            Self::Delivery => "delivery",
        }
    }

    fn rows(self, totals: &mut Totals) -> &mut i64 {
        match self {
            Self::Event => &mut totals.ids,
            Self::Signature => &mut totals.signatures,
            Self::Delivery => &mut totals.deliveries,
        }
    }
}

pub(crate) fn find(turn: &Turn<'_>, kind: Kind, key: &[u8; 16]) -> rusqlite::Result<Option<Found>> {
    turn.prepare(
        "SELECT owner, expires_at FROM room_hooks_keys WHERE kind = ?1 AND key = ?2
         UNION ALL
         SELECT owner, expires_at FROM room_hooks_old_keys WHERE kind = ?1 AND key = ?2
         LIMIT 1",
    )?
    .query_row((kind.name(), key), |row| Ok(Found { owner: row.get(0)?, expires_at: row.get(1)? }))
    .optional()
}

/// Inserts a key that [`find`] has not found.
pub(crate) fn insert(
    turn: &Turn<'_>,
    kind: Kind,
    key: &[u8; 16],
    owner: Option<&[u8]>,
    expires_at: Option<i64>,
) -> rusqlite::Result<()> {
    turn.prepare("INSERT INTO room_hooks_keys VALUES (?1, ?2, ?3, ?4)")?.execute((
        kind.name(),
        key,
        owner,
        expires_at,
    ))?;
    turn.count(|totals| {
        *kind.rows(totals) += 1;
        totals.recent += 1;
    });
    Ok(())
}

/// Updates a key that [`find`] has found.
pub(crate) fn update(
    turn: &Turn<'_>,
    kind: Kind,
    key: &[u8; 16],
    owner: Option<&[u8]>,
    expires_at: Option<i64>,
) -> rusqlite::Result<()> {
    for sql in [
        "UPDATE room_hooks_keys SET owner = ?3, expires_at = ?4 WHERE kind = ?1 AND key = ?2",
        "UPDATE room_hooks_old_keys SET owner = ?3, expires_at = ?4 WHERE kind = ?1 AND key = ?2",
    ] {
        if turn.prepare(sql)?.execute((kind.name(), key, owner, expires_at))? > 0 {
            break;
        }
    }
    Ok(())
}

pub(crate) fn remove(turn: &Turn<'_>, kind: Kind, key: &[u8; 16]) -> rusqlite::Result<()> {
    for (sql, is_recent) in [
        ("DELETE FROM room_hooks_keys WHERE kind = ?1 AND key = ?2", true),
        ("DELETE FROM room_hooks_old_keys WHERE kind = ?1 AND key = ?2", false),
    ] {
        let removed = turn.prepare(sql)?.execute((kind.name(), key))?;
        removed_from(turn, kind, is_recent, removed);
    }
    Ok(())
}

/// Whether there is room for another key. Removes some expired keys if there is none.
pub(crate) fn has_room(turn: &Turn<'_>, kind: Kind, most: i64) -> rusqlite::Result<bool> {
    let is_below = || *kind.rows(&mut turn.totals()) < most;
    // A sweep stops at the end of the table, so that a second one may be needed.
    for _ in 0..2 {
        if is_below() {
            return Ok(true);
        }
        sweep_kind(turn, kind, SWEPT_IF_FULL)?;
    }
    Ok(is_below())
}

/// Removes some expired keys, and moves some keys to the large table if the small one is too large.
pub(super) fn sweep(turn: &Turn<'_>) -> rusqlite::Result<()> {
    Kind::ALL.into_iter().try_for_each(|kind| sweep_kind(turn, kind, SWEPT))
}

/// The statements that sweep a table: one finds the last key of the range, the other deletes the
/// expired keys in it.
macro_rules! statements {
    ($table:literal) => {
        (
            concat!(
                "SELECT key FROM ",
                $table,
                " WHERE kind = :kind AND key > :from ORDER BY key LIMIT 1 OFFSET :rows - 1"
            ),
            concat!(
                "DELETE FROM ",
                $table,
                " WHERE kind = :kind AND key > :from AND key <= :to AND expires_at <= :now"
            ),
        )
    };
}

fn sweep_kind(turn: &Turn<'_>, kind: Kind, rows: i64) -> rusqlite::Result<()> {
    let tables =
        [(statements!("room_hooks_keys"), true), (statements!("room_hooks_old_keys"), false)];
    for (table, ((last, expired), is_recent)) in tables.into_iter().enumerate() {
        let from = std::mem::take(&mut turn.cursors.borrow_mut()[kind as usize][table]);
        let parameters = named_params! { ":kind": kind.name(), ":from": from, ":rows": rows };
        let last: Option<Vec<u8>> =
            turn.prepare(last)?.query_row(parameters, |row| row.get(0)).optional()?;
        // After the last row, the next sweep begins with the first. 17 bytes of 0xff sort after
        // every digest.
        let to: &[u8] = last.as_deref().unwrap_or(&[0xff; 17]);
        let range =
            named_params! { ":kind": kind.name(), ":from": from, ":to": to, ":now": turn.now };
        let removed = turn.prepare(expired)?.execute(range)?;
        removed_from(turn, kind, is_recent, removed);
        if is_recent && turn.totals().recent > RECENT {
            let range = named_params! { ":kind": kind.name(), ":from": from, ":to": to };
            turn.prepare(
                "INSERT INTO room_hooks_old_keys
                 SELECT * FROM room_hooks_keys WHERE kind = :kind AND key > :from AND key <= :to",
            )?
            .execute(range)?;
            let moved = turn
                .prepare(
                    "DELETE FROM room_hooks_keys WHERE kind = :kind AND key > :from AND key <= :to",
                )?
                .execute(range)?;
            turn.count(|totals| totals.recent -= i64::try_from(moved).unwrap_or_default());
        }
        turn.cursors.borrow_mut()[kind as usize][table] = last.unwrap_or_default();
    }
    Ok(())
}

fn removed_from(turn: &Turn<'_>, kind: Kind, is_recent: bool, removed: usize) {
    let removed = i64::try_from(removed).unwrap_or_default();
    turn.count(|totals| {
        *kind.rows(totals) -= removed;
        if is_recent {
            totals.recent -= removed;
        }
    });
}
