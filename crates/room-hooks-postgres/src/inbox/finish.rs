//! Ends attempts, retries dead events and renews leases.

use room_hooks::inbox::{AttemptId, Ending};

use crate::{
    clock::millis,
    database::Pool,
    error::Failure,
    sql::{clock, now},
};

const FINISH: &str = concat!(
    clock!(),
    "UPDATE room_hooks.events
    SET state = $4, next_at = now + $5::bigint, worker = NULL, is_alone = false, failures = failures + $6,
        finished_at = CASE WHEN $5 IS NULL THEN now END,
        error = CASE WHEN $5 IS NULL THEN $7 ELSE coalesce($7, error) END
    FROM clock
    WHERE sequence = $2 AND attempts = $3 AND state = 'leased'
    RETURNING 1"
);

/// Ends an attempt. Returns `false` if a newer attempt has begun or this one has already ended.
pub(super) async fn finish(
    pool: &Pool,
    attempt: AttemptId,
    ending: &Ending,
) -> Result<bool, Failure> {
    let (state, after, error) = match ending {
        Ending::Done => ("done", None, None),
        Ending::Retry { after, error } if after.is_zero() => ("ready", Some(0), Some(error)),
        Ending::Retry { after, error } => ("waiting", Some(millis(*after)), Some(error)),
        Ending::Dead { error } => ("dead", None, Some(error)),
        // `Released`, and variants added later: returning the event to the queue never loses it.
        _ => ("ready", Some(0), None),
    };
    let is_failure = matches!(ending, Ending::Retry { .. } | Ending::Dead { .. });
    let mut connection = pool.connection().await?;
    let ended = connection
        .query(
            FINISH,
            &[
                &pool.clock().offset(),
                &attempt.sequence,
                &i64::from(attempt.number),
                &state,
                &after,
                &i64::from(is_failure),
                &error,
            ],
        )
        .await?;
    Ok(!ended.is_empty())
}

const RETRY: &str = concat!(
    clock!(),
    "UPDATE room_hooks.events
    SET state = 'ready', next_at = now, failures = 0, crashes = 0, finished_at = NULL
    FROM clock
    WHERE sequence = $2 AND state = 'dead'
    RETURNING 1"
);

/// Makes a dead event ready. Returns `false` if the event is not dead.
pub(super) async fn retry(pool: &Pool, sequence: i64) -> Result<bool, Failure> {
    let mut connection = pool.connection().await?;
    let ready = connection.query(RETRY, &[&pool.clock().offset(), &sequence]).await?;
    Ok(!ready.is_empty())
}

const RENEW: &str = concat!(
    clock!(),
    "UPDATE room_hooks.events SET next_at =",
    now!(),
    "+ $3::bigint WHERE state = 'leased' AND worker = $2"
);

/// Renews all leases of a worker.
pub(super) async fn renew(pool: &Pool, worker: i64, lease: i64) -> Result<(), Failure> {
    let mut connection = pool.connection().await?;
    connection.query(RENEW, &[&pool.clock().offset(), &worker, &lease]).await?;
    Ok(())
}
