//! Statements that lease events to a worker, and conversion of their rows.

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{AttemptId, ClaimedEvent, NewEvent},
};
use tokio_postgres::Row;

use super::{
    candidates::{accepts, in_turn, is_free},
    claim::Target,
};
use crate::{
    clock::{from_millis, span},
    error::Failure,
    sql::{clock, now},
};

/// Leases the `picked` events. The first column is the time since which an event was due.
macro_rules! lease {
    ($is_alone:literal) => {
        concat!(
            "UPDATE room_hooks.events AS event
            SET state = 'leased', next_at =",
            now!(),
            "+ $5::bigint, worker = $2::bigint, is_alone = ",
            $is_alone,
            ", attempts = attempts + 1
            FROM picked WHERE event.sequence = picked.sequence
            RETURNING picked.next_at, event.sequence, attempts, failures, id, signature, retention, kind, format, room,
                received_at, payload"
        )
    };
}

macro_rules! pick {
    ($state:expr) => {
        concat!(
            clock!(),
            ", picked AS MATERIALIZED (
                SELECT event.next_at, event.sequence FROM room_hooks.events AS event
                WHERE ",
            $state,
            " AND",
            accepts!("event"),
            "ORDER BY event.next_at, event.sequence LIMIT $6 FOR UPDATE SKIP LOCKED) "
        )
    };
}

macro_rules! pick_in_order {
    ($state:expr) => {
        concat!(
            clock!(),
            ", picked AS MATERIALIZED (
                SELECT event.next_at, event.sequence FROM room_hooks.events AS event
                WHERE event.sequence = ANY($6::bigint[]) AND ",
            $state,
            " AND",
            accepts!("event"),
            "AND",
            in_turn!(),
            "FOR UPDATE SKIP LOCKED) "
        )
    };
}

/// Excludes events that ran alone. Their crashes have not been counted, because their leases
/// expired after this claim counted crashes. The next claim counts them.
macro_rules! suspect {
    () => {
        "state = 'leased' AND next_at <= (SELECT now FROM clock) AND worker <> $2 AND NOT is_alone"
    };
}

pub(super) const LEASE_READY: &str = concat!(pick!("state = 'ready'"), lease!("false"));
pub(super) const LEASE_SUSPECT: &str = concat!(pick!(suspect!()), lease!("true"));
pub(super) const LEASE_READY_IN_ORDER: &str =
    concat!(pick_in_order!("state = 'ready'"), lease!("false"));
pub(super) const LEASE_SUSPECT_IN_ORDER: &str = concat!(pick_in_order!(suspect!()), lease!("true"));

/// Converts rows to events, ordered by the time since which they were due.
pub(super) fn claimed(target: Target, rows: &[Row]) -> Result<Vec<ClaimedEvent>, Failure> {
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let due: i64 = row.try_get(0)?;
        let mut event = read(row)?;
        event.is_suspect = target == Target::Suspect;
        events.push((due, event));
    }
    events.sort_by_key(|(due, event)| (*due, event.attempt.sequence));
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

fn read(row: &Row) -> Result<ClaimedEvent, Failure> {
    let attempt = AttemptId::new(row.try_get("sequence")?, number(row.try_get("attempts")?));
    Ok(ClaimedEvent::new(attempt, number(row.try_get("failures")?), event(row)?))
}

/// Converts a row to the event as it was put.
pub(super) fn event(row: &Row) -> Result<NewEvent, Failure> {
    let received_at = from_millis(row.try_get("received_at")?);
    let kind: String = row.try_get("kind")?;
    let mut event = NewEvent::new(kind, row.try_get("payload")?, received_at);
    event.id = digest(row.try_get("id")?).map(DeliveryId::from_bytes);
    event.signature = digest(row.try_get("signature")?).map(SignatureKey::from_bytes);
    event.retention = span(row.try_get("retention")?);
    event.format_version = number(row.try_get("format")?);
    event.room = row.try_get("room")?;
    Ok(event)
}

pub(super) fn number(value: i64) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

/// Converts a digest. All stored digests have 16 bytes.
fn digest(bytes: Option<&[u8]>) -> Option<[u8; 16]> {
    bytes?.try_into().ok()
}
