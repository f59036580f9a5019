//! Which events a request in the order of rooms may be given.

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

/// How many due events a claim looks at before it goes by rooms instead. The events of one room can be at the head of
/// the queue in any number, and only one of them can be claimed.
pub(super) const SCAN_LIMIT: i64 = 1000;

/// How many rooms it looks at then: some 10 ms. The next claim looks at the following ones.
const ROOMS: i32 = 1000;

/// How many more candidates it accepts than it needs, since another worker may just be looking at their rooms.
const SPARE: i64 = 100;

/// The last room that the last such claim has looked at.
#[derive(Debug, Default)]
pub(super) struct Cursor(Mutex<String>);

/// An event, with its room.
pub(super) type Candidate = (i64, Option<String>);

/// Whether a request can take an event: the kinds are `$3` and the format is `$4`.
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

/// Whether no other event of its room is leased. An expired lease of the worker `$2` itself holds. One that is leased
/// need not be older, after an older one was dead and is retried.
///
/// This and the next are no `EXISTS`, which a plan may turn into a join with all events that there are.
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

/// Whether its room lets an event run: no other is leased, and it is the oldest that is unfinished.
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

/// The oldest event of a room of `rooms` that is unfinished.
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

/// Looks at each room once, however many of its events are due, and at no more rooms than it has to.
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

/// The events of a state that are due and may run, those first that have been due for the longest; a few more than the
/// limit. Target a queue that is longer than a claim looks at, those of the next rooms.
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
    // Most of the queue is in few rooms.
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

/// The rooms after `$5` that have something unfinished, each found from the one before, with the oldest of each that
/// can be taken, if that can run.
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
        connection.query(BY_ROOMS, &[&offset, worker, kinds, format, &after, &ROOMS]).await?;
    for row in &rows {
        if let Some(sequence) = row.try_get(1)? {
            found.push((sequence, row.try_get(0)?));
        }
    }
    // After the last room, the next claim begins with the first.
    let last = rows.last().filter(|_| rows.len() as i64 >= i64::from(ROOMS));
    cursor.set(last.map(|row| row.try_get(0)).transpose()?.unwrap_or_default());
    Ok(())
}

/// Locks the rooms of candidates that nobody else has locked, until the transaction ends, and returns as many of the
/// candidates as are to be leased. A worker that then looks at a room sees all that others have leased of it.
pub(super) async fn lock_rooms(
    connection: &mut Connection,
    candidates: &[Candidate],
    limit: i64,
) -> Result<Vec<i64>, Failure> {
    let (sequences, rooms): (Vec<i64>, Vec<Option<&str>>) =
        candidates.iter().map(|(sequence, room)| (*sequence, room.as_deref())).unzip();
    let rows = connection.query(LOCK_ROOMS, &[&sequences, &rooms, &limit]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Room by room, until there are enough: `candidates` is read only as far as it is needed.
const LOCK_ROOMS: &str = "WITH candidates AS MATERIALIZED (
        SELECT sequence, room FROM unnest($1::bigint[], $2::text[]) AS candidate (sequence, room))
    SELECT sequence FROM candidates
    WHERE room IS NULL OR pg_try_advisory_xact_lock(hashtextextended(room, 8245075157892886379))
    LIMIT $3";

impl Cursor {
    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, room: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = room;
    }
}
