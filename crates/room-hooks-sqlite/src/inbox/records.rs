//! The operations for operators: list, show and discard events.

use std::time::SystemTime;

use room_hooks::inbox::{EventRecord, EventState, NewEvent};
use rusqlite::{OptionalExtension, Row, named_params};

use super::{claim, put::remove};
use crate::{
    clock::{from_millis, span},
    database::{State, Turn},
};

/// The state that operators see. An event with an expired lease counts as ready, as in the
/// statistics.
const STATE: &str = "iif(state = 'leased' AND next_at <= :now, 'ready', state)";

/// Lists events in the order of the primary key, so that reading all pages reads the table once.
pub(super) fn list(
    turn: &Turn<'_>,
    state: Option<EventState>,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<EventRecord>> {
    let state = state.map(EventState::name);
    turn.prepare(&format!(
        "SELECT {COLUMNS} FROM room_hooks_events
         WHERE sequence > :after AND (:state IS NULL OR {STATE} = :state) ORDER BY sequence LIMIT :limit",
    ))?
    .query_map(
        named_params! {
            ":now": turn.now,
            ":after": after,
            ":state": state,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| record(turn, row),
    )?
    .collect()
}

pub(super) fn get(
    turn: &Turn<'_>,
    sequence: i64,
) -> rusqlite::Result<Option<(EventRecord, NewEvent)>> {
    let mut find =
        turn.prepare(&format!("SELECT {COLUMNS} FROM room_hooks_events WHERE sequence = ?1"))?;
    let found = find.query_row([sequence], |row| record(turn, row)).optional()?;
    let Some(record) = found else { return Ok(None) };
    let mut read = turn.prepare(&format!(
        "SELECT {} FROM room_hooks_events WHERE sequence = ?1",
        claim::COLUMNS
    ))?;
    let claimed = read.query_row([sequence], claim::read)?;
    Ok(Some((record, claimed.event)))
}

const COLUMNS: &str =
    "sequence, kind, format, room, received_at, attempts, failures, crashes, state, next_at,
    finished_at, error, length(payload)";

/// Converts a row, even a damaged one: operators look for the events that a worker cannot read.
fn record(turn: &Turn<'_>, row: &Row<'_>) -> rusqlite::Result<EventRecord> {
    let number = |column| -> rusqlite::Result<u32> {
        Ok(row.get::<_, i64>(column)?.try_into().unwrap_or(u32::MAX))
    };
    let text = |column| -> rusqlite::Result<Option<String>> {
        let bytes = row.get_ref(column)?.as_bytes_or_null()?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    };
    let received_at = from_millis(row.get(4)?).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut record = EventRecord::new(row.get(0)?, text(1)?.unwrap_or_default(), received_at);
    record.format_version = number(2)?;
    record.room = text(3)?;
    record.attempts = number(5)?;
    record.failures = number(6)?;
    record.crashes = number(7)?;
    let next_at: Option<i64> = row.get(9)?;
    let is_due = next_at.is_some_and(|next_at| next_at <= turn.now);
    let state = text(8)?.unwrap_or_default();
    record.state = match state.as_str() {
        "leased" if !is_due => EventState::Leased,
        "done" => EventState::Done,
        "dead" => EventState::Dead,
        _ => EventState::Ready,
    };
    record.is_suspect = state == State::Leased.name() && is_due;
    record.due_in = next_at.map(|next_at| span(next_at - turn.now));
    let finished_at: Option<i64> = row.get(10)?;
    record.finished_ago = finished_at.map(|finished_at| span(turn.now - finished_at));
    record.error = text(11)?;
    record.payload_bytes = row.get::<_, i64>(12)?.try_into().unwrap_or_default();
    Ok(record)
}

/// Removes an event that waits or is dead. Returns `false` for any other.
pub(super) fn discard(turn: &Turn<'_>, sequence: i64) -> rusqlite::Result<bool> {
    let mut find = turn.prepare(
        "SELECT state, size FROM room_hooks_events
         WHERE sequence = ?1 AND (state IN ('ready', 'dead') OR state = 'leased' AND next_at <= ?2)",
    )?;
    let found: Option<(String, i64)> =
        find.query_row([sequence, turn.now], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((state, size)) = found else { return Ok(false) };
    let states = [State::Ready, State::Leased, State::Dead];
    let Some(state) = states.into_iter().find(|known| known.name() == state) else {
        return Ok(false);
    };
    remove(turn, state, sequence, size)?;
    Ok(true)
}
