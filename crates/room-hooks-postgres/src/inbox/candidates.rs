//! Finds events that an ordered claim may lease, and locks their rooms.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::claim::{Request, Target};
use crate::{
    database::{Connection, Pool},
    error::Failure,
    sql::{clock, now},
};

/// Maximum number of due events to examine before searching by room instead. A single room can fill
/// the head of the queue with events, of which only one can be claimed.
pub(super) const SCAN_LIMIT: i64 = 1000;

/// Maximum number of rooms to examine in one claim, which takes about 10 ms. The next claim
/// continues after them.
const ROOM_LIMIT: i32 = 1000;

/// Number of additional candidates, since other workers may hold the locks of some rooms.
const SPARE: i64 = 100;

/// The room after which the next search by room starts.
#[derive(Debug, Default)]
pub(super) struct Cursor(Mutex<String>);

/// The sequence and room of an event.
pub(super) type Candidate = (i64, Option<String>);

/// Condition: the request supports the kind (`$3`) and format (`$4`) of an event.
macro_rules! accepts {
    ($event:literal) => {
        concat!(
            " ",
            $event,
            ".format <= $4::bigint AND ($3::text[] IS NULL OR ",
            $event,
            ".kind = ANY ($3)) "
        )
    };
}

/// Condition: no other event of the room is leased. Leases of the worker `$2` count even if they
/// have expired. The leased event can be a newer one if an older event was dead and is retried.
///
/// This and [`in_turn`] avoid `EXISTS`, which the planner may turn into a join with all events.
macro_rules! is_free {
    () => {
        concat!(
            " (
                SELECT true FROM room_hooks.events AS held
                WHERE held.state = 'leased' AND held.room = event.room AND held.sequence <> event.sequence AND",
            accepts!("held"),
            "   AND (held.next_at >",
            now!(),
            "OR held.worker = $2::bigint) ORDER BY held.room LIMIT 1) IS NULL "
        )
    };
}

/// Condition: no other event of the room is leased, and the event is the oldest unfinished one.
macro_rules! in_turn {
    () => {
        concat!(
            " (event.room IS NULL OR (",
            is_free!(),
            "AND (
                SELECT true FROM room_hooks.events AS older
                WHERE older.room = event.room AND older.sequence < event.sequence AND older.next_at IS NOT NULL AND",
            accepts!("older"),
            "   ORDER BY older.sequence LIMIT 1) IS NULL)) "
        )
    };
}

/// Joins each row of `rooms` with the oldest unfinished event of that room.
macro_rules! oldest {
    () => {
        concat!(
            " LEFT JOIN LATERAL (
                SELECT event.sequence, event.room, event.state, event.next_at, event.worker
                FROM room_hooks.events AS event
                WHERE event.room = rooms.room AND event.next_at IS NOT NULL AND",
            accepts!("event"),
            "   ORDER BY event.sequence LIMIT 1) AS event ON true "
        )
    };
}

pub(super) use {accepts, in_turn, is_free};

/// Finds due events that may run. Checks each room once, however many of its events are due, and
/// stops at the limit.
macro_rules! due {
    ($state:literal) => {
        concat!(
            clock!(),
            ", due AS MATERIALIZED (
                SELECT sequence, room, next_at FROM room_hooks.events AS event
                WHERE ",
            $state,
            " AND",
            accepts!("event"),
            "ORDER BY next_at, sequence LIMIT $5),
            rooms AS MATERIALIZED (
                SELECT room, min(next_at) AS due_at, min(sequence) AS first FROM due
                GROUP BY room, CASE WHEN room IS NULL THEN sequence END ORDER BY due_at, first)
            SELECT coalesce(event.sequence, first), rooms.room FROM rooms",
            oldest!(),
            "WHERE rooms.room IS NULL OR (",
            $state,
            " AND",
            is_free!(),
            ") LIMIT $6"
        )
    };
}

const READY: &str = due!("state = 'ready'");
const SUSPECT: &str =
    due!("state = 'leased' AND next_at <= (SELECT now FROM clock) AND worker <> $2");

/// Returns due events of a state that may run, the longest due first: up to `limit` and [`SPARE`]
/// more. If more events are due than a claim examines, adds events of the next rooms.
pub(super) async fn candidates(
    pool: &Pool,
    connection: &mut Connection,
    request: &Request,
    target: Target,
    limit: i64,
    cursor: &Cursor,
    ready: i64,
) -> Result<Vec<Candidate>, Failure> {
    let limit = limit.saturating_add(SPARE);
    let offset = pool.clock().offset();
    let Request { worker, kinds, format, .. } = request;
    let statement = if target == Target::Ready { READY } else { SUSPECT };
    let rows =
        connection.query(statement, &[&offset, worker, kinds, format, &SCAN_LIMIT, &limit]).await?;
    let mut found = Vec::new();
    for row in &rows {
        found.push((row.try_get(0)?, row.try_get(1)?));
    }
    let has_enough = found.len() as i64 >= limit - SPARE;
    if target == Target::Suspect || ready < SCAN_LIMIT || has_enough {
        return Ok(found);
    }
    // A few rooms fill the head of the queue.
    for row in connection.query(WITHOUT_ROOM, &[kinds, format, &limit]).await? {
        found.push((row.try_get(0)?, None));
    }
    by_rooms(connection, request, offset, cursor, &mut found).await?;
    let mut seen = HashSet::new();
    found.retain(|(sequence, _)| seen.insert(*sequence));
    Ok(found)
}

const WITHOUT_ROOM: &str = "SELECT sequence FROM room_hooks.events
    WHERE room IS NULL AND next_at IS NOT NULL AND state = 'ready' AND format <= $2
        AND ($1::text[] IS NULL OR kind = ANY ($1))
    ORDER BY sequence LIMIT $3";

/// Lists the next rooms after `$5` with unfinished events, and the oldest supported event of each
/// if that may run.
///
/// The recursion finds each room with one index lookup from the previous one. `DISTINCT` would read
/// all events.
const BY_ROOMS: &str = concat!(
    clock!("RECURSIVE"),
    ", rooms AS ((
            SELECT room, 1 AS number FROM room_hooks.events
            WHERE room > $5 AND next_at IS NOT NULL ORDER BY room LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.room FROM room_hooks.events AS next
            WHERE next.room > rooms.room AND next.next_at IS NOT NULL ORDER BY next.room LIMIT 1), number + 1
        FROM rooms WHERE room IS NOT NULL AND number < $6)
    SELECT rooms.room, CASE WHEN event.state = 'ready' AND",
    is_free!(),
    "THEN event.sequence END
    FROM rooms",
    oldest!(),
    "WHERE rooms.room IS NOT NULL ORDER BY number"
);

async fn by_rooms(
    connection: &mut Connection,
    request: &Request,
    offset: i64,
    cursor: &Cursor,
    found: &mut Vec<Candidate>,
) -> Result<(), Failure> {
    let Request { worker, kinds, format, .. } = request;
    let after = cursor.get();
    let rows =
        connection.query(BY_ROOMS, &[&offset, worker, kinds, format, &after, &ROOM_LIMIT]).await?;
    for row in &rows {
        if let Some(sequence) = row.try_get(1)? {
            found.push((sequence, row.try_get(0)?));
        }
    }
    // After the last room, the next claim starts from the first.
    let last = rows.last().filter(|_| rows.len() as i64 >= i64::from(ROOM_LIMIT));
    cursor.set(last.map(|row| row.try_get(0)).transpose()?.unwrap_or_default());
    Ok(())
}

/// Locks the rooms of candidates until the transaction ends, and returns the candidates to lease,
/// at most `limit`. Skips rooms that another worker has locked.
///
/// The caller checks the rooms again in a later statement. That statement sees all leases in the
/// locked rooms, since the workers that made them have released the locks by committing.
///
/// Rooms with the same hash share a lock, which only delays a claim.
pub(super) async fn lock_rooms(
    connection: &mut Connection,
    candidates: &[Candidate],
    limit: i64,
) -> Result<Vec<i64>, Failure> {
    let (sequences, rooms): (Vec<i64>, Vec<Option<&str>>) =
        candidates.iter().map(|(sequence, room)| (*sequence, room.as_deref())).unzip();
    let limit = limit.min(MAX_ROOM_LOCKS);
    let rows = connection.query(LOCK_ROOMS, &[&sequences, &rooms, &limit]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Maximum number of rooms that a claim locks. All sessions of a server share a fixed number of
/// locks, a few thousand by default.
const MAX_ROOM_LOCKS: i64 = 100;

/// Stops locking at the limit, since a materialized CTE is only read as far as needed. The schema
/// is part of the lock, so that inboxes in other schemas do not wait.
const LOCK_ROOMS: &str = "WITH candidates AS MATERIALIZED (
        SELECT sequence, room FROM unnest($1::bigint[], $2::text[]) AS candidate (sequence, room))
    SELECT sequence FROM candidates
    WHERE room IS NULL OR pg_try_advisory_xact_lock(hashtextextended('room_hooks.' || room, 0))
    LIMIT $3";

impl Cursor {
    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, room: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = room;
    }
}
