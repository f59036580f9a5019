use room_hooks::inbox::Retention;
use rusqlite::named_params;

use super::put::remove;
use crate::{
    clock::millis,
    database::{State, Turn},
};

/// Removes up to `limit` finished events that are older than their retention: first done, then dead
/// events, the oldest of each first. Returns the number of removed events.
pub(super) fn prune(
    turn: &Turn<'_>,
    retention: Retention,
    limit: usize,
) -> rusqlite::Result<usize> {
    let done = prune_state(turn, State::Done, millis(retention.done), limit)?;
    let dead = prune_state(turn, State::Dead, millis(retention.dead), limit - done)?;
    Ok(done + dead)
}

fn prune_state(
    turn: &Turn<'_>,
    state: State,
    retention: i64,
    limit: usize,
) -> rusqlite::Result<usize> {
    let old: Vec<(i64, i64)> = turn
        .prepare(
            "SELECT sequence, size FROM room_hooks_events INDEXED BY room_hooks_events_finished
             WHERE state = :state AND finished_at <= :until ORDER BY finished_at, sequence LIMIT :limit",
        )?
        .query_map(
            named_params! {
                ":state": state.name(),
                ":until": turn.now - retention,
                ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    for (sequence, size) in &old {
        remove(turn, state, *sequence, *size)?;
    }
    Ok(old.len())
}
