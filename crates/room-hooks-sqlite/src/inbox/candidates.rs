//! The selection of events for a claim.

use std::{collections::HashSet, mem};

use rusqlite::{CachedStatement, OptionalExtension, named_params};

use super::claim::Request;
use crate::database::{State, Turn};

/// The number of due events that an ordered claim examines before it searches by room instead. Any
/// number of events at the head of the queue can belong to one room, and only one of them can be
/// claimed.
const LOOKED_AT: usize = 1000;

/// The number of rooms that a search by room examines, which takes about 10 ms. The next search
/// examines the following rooms.
const ROOMS: usize = 2000;

/// The last room that a search by room has examined.
pub(super) type Cursor = String;

/// The time when an event was due, and its sequence.
type Due = (i64, i64);

/// The SQL condition for an event that the request can take.
macro_rules! takes {
    () => {
        " format <= :format AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds))) "
    };
}

/// The due events in a state that a request can take, the longest due first. A leased event is due
/// if it belongs to another worker and its lease has expired.
pub(super) fn candidates(
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    limit: usize,
    cursor: &mut Cursor,
) -> rusqlite::Result<Vec<i64>> {
    let found = if request.is_ordered {
        ordered(turn, request, state, limit, cursor)?
    } else {
        unordered(turn, request, state, limit, UNORDERED)?
    };
    Ok(found.into_iter().map(|(_, sequence)| sequence).collect())
}

const UNORDERED: &str = concat!(
    "SELECT next_at, sequence FROM room_hooks_events INDEXED BY room_hooks_events_due
     WHERE state = :state AND next_at <= :now AND",
    takes!(),
    "AND worker IS NOT :worker ORDER BY next_at, sequence LIMIT :limit"
);

/// Like [`UNORDERED`], but for events without a room, in the order of arrival.
const WITHOUT_ROOM: &str = concat!(
    "SELECT next_at, sequence FROM room_hooks_events INDEXED BY room_hooks_events_rooms
     WHERE room IS NULL AND next_at IS NOT NULL AND state = :state AND next_at <= :now AND",
    takes!(),
    "AND worker IS NOT :worker ORDER BY sequence LIMIT :limit"
);

fn unordered(
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    limit: usize,
    sql: &str,
) -> rusqlite::Result<Vec<Due>> {
    turn.prepare(sql)?
        .query_map(
            named_params! {
                ":state": state.name(),
                ":now": turn.now,
                ":format": request.format,
                ":kinds": request.kinds,
                ":worker": request.worker,
                ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect()
}

/// The rooms that have a leased event. The leased event is not always the oldest of its room,
/// because an older dead event may have been retried.
const LEASED_ROOMS: &str = concat!(
    "SELECT room FROM room_hooks_events INDEXED BY room_hooks_events_due
     WHERE state = 'leased' AND next_at IS NOT NULL AND",
    takes!(),
    "AND room IS NOT NULL AND (next_at > :now OR worker = :worker)"
);

fn leased_rooms(turn: &Turn<'_>, request: &Request) -> rusqlite::Result<HashSet<String>> {
    turn.prepare(LEASED_ROOMS)?
        .query_map(
            named_params! {
                ":now": turn.now,
                ":format": request.format,
                ":kinds": request.kinds,
                ":worker": request.worker,
            },
            |row| row.get(0),
        )?
        .collect()
}

/// The events that are due, with their rooms.
const DUE: &str = concat!(
    "SELECT next_at, sequence, room FROM room_hooks_events INDEXED BY room_hooks_events_due
     WHERE state = :state AND next_at <= :now AND",
    takes!(),
    "AND worker IS NOT :worker ORDER BY next_at, sequence"
);

fn ordered(
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    limit: usize,
    cursor: &mut Cursor,
) -> rusqlite::Result<Vec<Due>> {
    // Only the oldest event of a room counts, so each room is examined once.
    let (mut rooms, mut found) = (leased_rooms(turn, request)?, Vec::new());
    let (mut due, mut oldest) = (turn.prepare(DUE)?, turn.prepare(OLDEST_OF_ROOM)?);
    let mut due = due.query(named_params! {
        ":state": state.name(),
        ":now": turn.now,
        ":format": request.format,
        ":kinds": request.kinds,
        ":worker": request.worker,
    })?;
    for _ in 0..LOOKED_AT {
        if found.len() == limit {
            return Ok(found);
        }
        let Some(event) = due.next()? else { return Ok(found) };
        let Some(room): Option<String> = event.get(2)? else {
            found.push((event.get(0)?, event.get(1)?));
            continue;
        };
        if rooms.contains(&room) {
            continue;
        }
        found.extend(oldest_of_room(&mut oldest, turn, request, state, &room)?);
        rooms.insert(room);
    }
    // A few rooms fill the head of the queue, so search by room.
    found.extend(unordered(turn, request, state, limit, WITHOUT_ROOM)?);
    found.extend(oldest_of_rooms(turn, request, state, &rooms, cursor)?);
    found.sort_unstable();
    found.dedup();
    found.truncate(limit);
    Ok(found)
}

const NEXT_ROOM: &str = "SELECT room FROM room_hooks_events INDEXED BY room_hooks_events_rooms
     WHERE room > ?1 AND next_at IS NOT NULL ORDER BY room LIMIT 1";

const OLDEST_OF_ROOM: &str = concat!(
    "SELECT next_at, sequence, state = :state AND next_at <= :now AND worker IS NOT :worker
     FROM room_hooks_events INDEXED BY room_hooks_events_rooms
     WHERE room = :room AND next_at IS NOT NULL AND",
    takes!(),
    "ORDER BY sequence LIMIT 1"
);

/// The oldest event of a room that the request can take, if it is in `state` and due.
fn oldest_of_room(
    statement: &mut CachedStatement<'_>,
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    room: &str,
) -> rusqlite::Result<Option<Due>> {
    let parameters = named_params! {
        ":room": room,
        ":state": state.name(),
        ":now": turn.now,
        ":format": request.format,
        ":kinds": request.kinds,
        ":worker": request.worker,
    };
    let event =
        statement.query_row(parameters, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)));
    Ok(event.optional()?.and_then(|(event, is_due)| if is_due { Some(event) } else { None }))
}

/// The claimable events of the next rooms, except those in `rooms`, which have been examined.
fn oldest_of_rooms(
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    rooms: &HashSet<String>,
    cursor: &mut Cursor,
) -> rusqlite::Result<Vec<Due>> {
    let mut room = mem::take(cursor);
    let (mut next_room, mut oldest) = (turn.prepare(NEXT_ROOM)?, turn.prepare(OLDEST_OF_ROOM)?);
    let mut found = Vec::new();
    for _ in 0..ROOMS {
        let next: Option<String> = next_room.query_row([&room], |row| row.get(0)).optional()?;
        // After the last room, the next claim begins with the first.
        room = next.unwrap_or_default();
        if room.is_empty() {
            break;
        }
        if !rooms.contains(&room) {
            found.extend(oldest_of_room(&mut oldest, turn, request, state, &room)?);
        }
    }
    *cursor = room;
    Ok(found)
}
#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A claim reads only the events that it examines, in the order of an index, regardless of
    /// their number.
    #[test]
    fn the_query_plan_of_a_claim_neither_scans_nor_sorts() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(include_str!("../database/schema.sql")).unwrap();
        for sql in [UNORDERED, WITHOUT_ROOM, DUE, LEASED_ROOMS, NEXT_ROOM, OLDEST_OF_ROOM] {
            let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps = plan.raw_query().mapped(|row| row.get(3));
            let steps = steps.collect::<rusqlite::Result<Vec<String>>>().unwrap().join("\n");
            assert!(steps.contains("SEARCH"), "{steps}");
            // Only the list of kinds is scanned.
            let others = steps.replace("SCAN json_each", "");
            assert!(!others.contains("SCAN") && !others.contains("TEMP B-TREE"), "{steps}");
        }
    }
}
