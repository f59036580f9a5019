//! The operations that end an attempt, retry a dead event or renew leases.

use room_hooks::inbox::{AttemptId, Ending};
use rusqlite::named_params;

use crate::{
    clock::millis,
    database::{State, Turn},
};

/// Ends an attempt. Returns `false` if it is not the event's latest or has already ended.
pub(super) fn finish(
    turn: &Turn<'_>,
    attempt: AttemptId,
    ending: &Ending,
) -> rusqlite::Result<bool> {
    let is_latest = turn
        .prepare(
            "SELECT 1 FROM room_hooks_events WHERE sequence = ?1 AND attempts = ?2 AND state = 'leased'",
        )?
        .exists([attempt.sequence, attempt.number.into()])?;
    if !is_latest {
        return Ok(false);
    }
    let (after, delay, error) = match ending {
        Ending::Done => (State::Done, None, None),
        Ending::Retry { after, error } => (State::Ready, Some(millis(*after)), Some(error)),
        Ending::Dead { error } => (State::Dead, None, Some(error)),
        // `Released`, and variants added later: returning the event to the queue never loses it.
        _ => (State::Ready, Some(0), None),
    };
    let is_failure = matches!(ending, Ending::Retry { .. } | Ending::Dead { .. });
    turn.prepare(
        "UPDATE room_hooks_events
         SET state = :state, next_at = :next_at, worker = NULL, is_alone = 0, failures = failures + :failures,
            finished_at = :finished_at, error = iif(:state = 'ready', ifnull(:error, error), :error)
         WHERE sequence = :sequence",
    )?
    .execute(named_params! {
        ":state": after.name(),
        ":next_at": delay.map(|delay| turn.now + delay),
        ":failures": is_failure,
        ":finished_at": after.is_finished().then_some(turn.now),
        ":error": error,
        ":sequence": attempt.sequence,
    })?;
    turn.moved(State::Leased, after);
    Ok(true)
}

/// Makes a dead event ready. Returns `false` if it is not dead.
pub(super) fn retry(turn: &Turn<'_>, sequence: i64) -> rusqlite::Result<bool> {
    let updated = turn
        .prepare(
            "UPDATE room_hooks_events
             SET state = 'ready', next_at = ?1, failures = 0, crashes = 0, finished_at = NULL
             WHERE sequence = ?2 AND state = 'dead'",
        )?
        .execute([turn.now, sequence])?;
    if updated > 0 {
        turn.moved(State::Dead, State::Ready);
    }
    Ok(updated > 0)
}

/// Renews all leases of a worker.
pub(super) fn renew(turn: &Turn<'_>, worker: i64, lease: i64) -> rusqlite::Result<()> {
    turn.prepare(
        "UPDATE room_hooks_events INDEXED BY room_hooks_events_due SET next_at = ?1
         WHERE state = 'leased' AND next_at IS NOT NULL AND worker = ?2",
    )?
    .execute([turn.now + lease, worker])?;
    Ok(())
}
