//! Removes old events.

use room_hooks::inbox::Retention;

use crate::{
    clock::millis,
    database::{Connection, Pool},
    error::Failure,
    sql::{clock, now},
};

/// Deletes the oldest events of a state that are past their retention. Their ids remain until
/// `keep_until`.
const PRUNE: &str = concat!(
    clock!(),
    ", old AS MATERIALIZED (
        SELECT sequence FROM room_hooks.events
        WHERE state = $2 AND finished_at <=",
    now!(),
    "- $3::bigint
        ORDER BY finished_at, sequence LIMIT $4 FOR UPDATE SKIP LOCKED),
    removed AS (
        DELETE FROM room_hooks.events AS event USING old WHERE event.sequence = old.sequence
        RETURNING event.id, event.keep_until),
    kept AS (
        UPDATE room_hooks.keys SET expires_at = removed.keep_until FROM removed
        WHERE key = 'e'::bytea || removed.id)
    SELECT count(*) FROM removed"
);

/// Removes finished events that are past their retention, and returns their number.
pub(super) async fn prune(
    pool: &Pool,
    retention: Retention,
    limit: usize,
) -> Result<usize, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut connection = pool.connection().await?;
    let done = prune_state(pool, &mut connection, "done", millis(retention.done), limit).await?;
    let dead =
        prune_state(pool, &mut connection, "dead", millis(retention.dead), limit - done).await?;
    Ok(usize::try_from(done + dead).unwrap_or_default())
}

async fn prune_state(
    pool: &Pool,
    connection: &mut Connection,
    state: &str,
    retention: i64,
    limit: i64,
) -> Result<i64, Failure> {
    let row =
        connection.query_one(PRUNE, &[&pool.clock().offset(), &state, &retention, &limit]).await?;
    Ok(row.try_get(0)?)
}
