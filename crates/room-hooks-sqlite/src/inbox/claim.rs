//! Claims events for a worker.

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{AttemptId, ClaimRequest, ClaimedEvent, Claims, NewEvent},
};
use rusqlite::{Row, named_params, types::Type};

use super::candidates::{Cursor, candidates};
use crate::{
    clock::{from_millis, millis, span},
    database::{State, Turn},
};

/// A [`ClaimRequest`] in the form that the statements take.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) worker: i64,
    pub(super) limit: usize,
    lease: i64,
    /// A JSON array, or `None` for all kinds.
    pub(super) kinds: Option<String>,
    pub(super) format: i64,
    pub(super) is_ordered: bool,
    is_idle: bool,
    max_crashes: i64,
}

impl Request {
    pub(super) fn new(request: &ClaimRequest) -> Self {
        let kinds = request.kinds.as_ref();
        Self {
            worker: request.worker.0,
            limit: request.limit,
            lease: millis(request.lease),
            kinds: kinds.map(|kinds| serde_json::Value::from(kinds.to_vec()).to_string()),
            format: request.format_version.into(),
            is_ordered: request.is_ordered,
            is_idle: request.is_idle,
            max_crashes: request.max_crashes.into(),
        }
    }
}

/// Answers a claim without writing if there is no event for the worker. `None` if there may be one.
///
/// An idle worker polls four times a second, and must not write as often.
pub(super) fn claim_nothing(
    turn: &Turn<'_>,
    request: &Request,
    cursor: &mut Cursor,
) -> rusqlite::Result<Option<Claims>> {
    if turn.is_set_back || !crashed(turn, request)?.is_empty() {
        return Ok(None);
    }
    let mut claims = Claims::default();
    let mut next = cursor.clone();
    claims.suspects_wait = !candidates(turn, request, State::Leased, 1, &mut next)?.is_empty();
    let is_given_one = if claims.suspects_wait {
        request.is_idle
    } else {
        !candidates(turn, request, State::Ready, 1, &mut next)?.is_empty()
    };
    if is_given_one && request.limit > 0 {
        return Ok(None);
    }
    *cursor = next;
    Ok(Some(claims))
}

/// Leases events to a worker.
pub(super) fn claim(
    turn: &Turn<'_>,
    request: &Request,
    cursor: &mut Cursor,
) -> rusqlite::Result<Claims> {
    count_crashes(turn, request)?;
    let mut claims = Claims::default();
    let suspects = candidates(turn, request, State::Leased, 1, cursor)?;
    claims.suspects_wait = !suspects.is_empty();
    let (state, sequences) = if !claims.suspects_wait {
        (State::Ready, candidates(turn, request, State::Ready, request.limit, cursor)?)
    } else if request.is_idle && request.limit > 0 {
        claims.suspects_wait = false;
        (State::Leased, suspects)
    } else {
        (State::Leased, Vec::new())
    };
    for sequence in sequences {
        claims.events.extend(lease(turn, request, state, sequence)?);
    }
    Ok(claims)
}

/// The events that another worker ran alone when its lease expired, each with the number of its
/// earlier crashes.
fn crashed(turn: &Turn<'_>, request: &Request) -> rusqlite::Result<Vec<(i64, i64)>> {
    turn.prepare(
        "SELECT sequence, crashes FROM room_hooks_events INDEXED BY room_hooks_events_due
         WHERE state = 'leased' AND next_at <= :now AND is_alone AND worker <> :worker",
    )?
    .query_map(named_params! { ":now": turn.now, ":worker": request.worker }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

fn count_crashes(turn: &Turn<'_>, request: &Request) -> rusqlite::Result<()> {
    for (sequence, crashes) in crashed(turn, request)? {
        let crashes = crashes + 1;
        if crashes < request.max_crashes {
            turn.prepare(
                "UPDATE room_hooks_events SET crashes = ?1, is_alone = 0 WHERE sequence = ?2",
            )?
            .execute([crashes, sequence])?;
            continue;
        }
        let error =
            format!("its worker crashed or froze {crashes} times while it ran nothing else");
        die(turn, sequence, crashes, &error)?;
        turn.moved(State::Leased, State::Dead);
        tracing::error!(sequence, crashes, "event is dead: its workers keep crashing");
    }
    Ok(())
}

fn die(turn: &Turn<'_>, sequence: i64, crashes: i64, error: &str) -> rusqlite::Result<()> {
    turn.prepare(
        "UPDATE room_hooks_events SET state = 'dead', next_at = NULL, worker = NULL, is_alone = 0, crashes = :crashes,
            finished_at = :now, error = :error
         WHERE sequence = :sequence",
    )?
    .execute(named_params! {
        ":crashes": crashes,
        ":now": turn.now,
        ":error": error,
        ":sequence": sequence,
    })?;
    Ok(())
}

/// Leases one event. An unreadable event becomes dead and yields `None`, so that the worker still
/// receives the others.
fn lease(
    turn: &Turn<'_>,
    request: &Request,
    state: State,
    sequence: i64,
) -> rusqlite::Result<Option<ClaimedEvent>> {
    let is_suspect = state == State::Leased;
    let mut lease = turn.prepare(&format!(
        "UPDATE room_hooks_events
         SET state = 'leased', next_at = :until, worker = :worker, is_alone = :is_alone, attempts = attempts + 1
         WHERE sequence = :sequence
         RETURNING {COLUMNS}",
    ))?;
    let leased = lease.query_row(
        named_params! {
            ":until": turn.now + request.lease,
            ":worker": request.worker,
            ":is_alone": is_suspect,
            ":sequence": sequence,
        },
        |row| Ok(read(row)),
    )?;
    match leased {
        Ok(mut event) => {
            turn.moved(state, State::Leased);
            event.is_suspect = is_suspect;
            Ok(Some(event))
        }
        Err(error) => {
            tracing::error!(sequence, %error, "event cannot be read");
            die(turn, sequence, 0, &format!("it cannot be read: {error}"))?;
            turn.moved(state, State::Dead);
            Ok(None)
        }
    }
}

/// The columns that [`read`] expects.
pub(super) const COLUMNS: &str = "sequence, attempts, failures, id, signature, retention, kind, format, room, received_at, payload";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<ClaimedEvent> {
    let attempt = AttemptId::new(row.get(0)?, row.get(1)?);
    let (failures, received_at) = (row.get(2)?, row.get(9)?);
    let received_at =
        from_millis(received_at).ok_or(rusqlite::Error::IntegralValueOutOfRange(9, received_at))?;
    let mut event = NewEvent::new(row.get::<_, String>(6)?, row.get(10)?, received_at);
    event.id = digest(row, 3)?.map(DeliveryId::from_bytes);
    event.signature = digest(row, 4)?.map(SignatureKey::from_bytes);
    event.retention = span(row.get(5)?);
    event.format_version = row.get(7)?;
    event.room = row.get(8)?;
    Ok(ClaimedEvent::new(attempt, failures, event))
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; 16]>> {
    let Some(bytes): Option<Vec<u8>> = row.get(column)? else { return Ok(None) };
    let digest = <[u8; 16]>::try_from(bytes.as_slice());
    let of = |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error));
    digest.map(Some).map_err(of)
}
