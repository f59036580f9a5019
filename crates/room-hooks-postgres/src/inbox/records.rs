//! Lists, reads and discards events for an operator.

use room_hooks::inbox::{EventRecord, EventState, NewEvent};
use tokio_postgres::Row;

use super::lease;
use crate::{
    clock::{from_millis, span},
    database::Pool,
    error::Failure,
    sql::{clock, now},
};

/// The state to report. Events that wait for a retry and events with an expired lease count as
/// ready, as in the statistics.
macro_rules! state {
    () => {
        concat!(
            "CASE WHEN state = 'waiting' OR state = 'leased' AND next_at <=",
            now!(),
            "THEN 'ready' ELSE state END"
        )
    };
}

macro_rules! columns {
    () => {
        concat!(
            "sequence, kind, format, room, received_at, attempts, failures, crashes, ",
            state!(),
            " AS shown, next_at -",
            now!(),
            "AS due_in, now - finished_at AS finished_ago, error, octet_length(payload)::bigint AS bytes,
            state = 'leased' AND next_at <=",
            now!(),
            "AS is_suspect "
        )
    };
}

/// Follows the primary key, so that all pages together read the table once.
const LIST: &str = concat!(
    clock!(),
    "SELECT ",
    columns!(),
    "FROM room_hooks.events, clock
    WHERE sequence > $2 AND ($3::text IS NULL OR ",
    state!(),
    " = $3) ORDER BY sequence LIMIT $4"
);

pub(super) async fn list(
    pool: &Pool,
    state: Option<EventState>,
    after: i64,
    limit: usize,
) -> Result<Vec<EventRecord>, Failure> {
    let state = state.map(EventState::name);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut connection = pool.connection().await?;
    let rows = connection.query(LIST, &[&pool.clock().offset(), &after, &state, &limit]).await?;
    rows.iter().map(record).collect()
}

const GET: &str = concat!(
    clock!(),
    "SELECT ",
    columns!(),
    ", id, signature, retention, payload FROM room_hooks.events, clock WHERE sequence = $2"
);

pub(super) async fn get(
    pool: &Pool,
    sequence: i64,
) -> Result<Option<(EventRecord, NewEvent)>, Failure> {
    let mut connection = pool.connection().await?;
    let rows = connection.query(GET, &[&pool.clock().offset(), &sequence]).await?;
    rows.first().map(|row| Ok((record(row)?, lease::event(row)?))).transpose()
}

fn record(row: &Row) -> Result<EventRecord, Failure> {
    let number = |column| Ok::<u32, Failure>(lease::number(row.try_get(column)?));
    let time = |column| Ok::<_, Failure>(row.try_get::<_, Option<i64>>(column)?.map(span));
    let received_at = from_millis(row.try_get("received_at")?);
    let kind: String = row.try_get("kind")?;
    let mut record = EventRecord::new(row.try_get("sequence")?, kind, received_at);
    record.state = match row.try_get("shown")? {
        "leased" => EventState::Leased,
        "done" => EventState::Done,
        "dead" => EventState::Dead,
        _ => EventState::Ready,
    };
    record.is_suspect = row.try_get::<_, Option<bool>>("is_suspect")?.unwrap_or_default();
    record.format_version = number("format")?;
    record.room = row.try_get("room")?;
    record.attempts = number("attempts")?;
    record.failures = number("failures")?;
    record.crashes = number("crashes")?;
    record.due_in = time("due_in")?;
    record.finished_ago = time("finished_ago")?;
    record.error = row.try_get("error")?;
    record.payload_bytes = row.try_get::<_, i64>("bytes")?.try_into().unwrap_or_default();
    Ok(record)
}

const DISCARD: &str = concat!(
    clock!(),
    ", discarded AS (
        DELETE FROM room_hooks.events
        WHERE sequence = $2 AND (state IN ('ready', 'waiting', 'dead') OR state = 'leased' AND next_at <=",
    now!(),
    ") RETURNING id, keep_until),
    kept AS (
        UPDATE room_hooks.keys SET expires_at = keep_until FROM discarded WHERE key = 'e'::bytea || id)
    SELECT EXISTS (SELECT FROM discarded)"
);

/// Removes an event that is neither leased nor done. The id remains until its retention ends.
pub(super) async fn discard(pool: &Pool, sequence: i64) -> Result<bool, Failure> {
    let mut connection = pool.connection().await?;
    let row = connection.query_one(DISCARD, &[&pool.clock().offset(), &sequence]).await?;
    Ok(row.try_get(0)?)
}
