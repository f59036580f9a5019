use room_hooks::inbox::InboxStats;

use crate::{
    clock::span,
    database::Pool,
    error::Failure,
    sql::{clock, now},
};

/// Each subquery uses a partial index. Events with an expired lease count as ready.
const STATS: &str = concat!(
    clock!(),
    "SELECT (SELECT count(*) FROM room_hooks.events WHERE state = 'ready'),
        (SELECT count(*) FROM room_hooks.events WHERE state = 'waiting'),
        (SELECT count(*) FROM room_hooks.events WHERE state = 'leased'),
        (SELECT count(*) FROM room_hooks.events WHERE state = 'leased' AND next_at <=",
    now!(),
    "),
        (SELECT count(*) FROM room_hooks.events WHERE state = 'done' AND finished_at IS NOT NULL),
        (SELECT count(*) FROM room_hooks.events WHERE state = 'dead' AND finished_at IS NOT NULL),
        (SELECT now - least(
            (SELECT min(next_at) FROM room_hooks.events WHERE state = 'ready'),
            (SELECT min(next_at) FROM room_hooks.events WHERE state = 'waiting' AND next_at <=",
    now!(),
    "),
            (SELECT min(next_at) FROM room_hooks.events WHERE state = 'leased' AND next_at <=",
    now!(),
    ")) FROM clock)"
);

pub(super) async fn stats(pool: &Pool) -> Result<InboxStats, Failure> {
    let mut connection = pool.connection().await?;
    let row = connection.query_one(STATS, &[&pool.clock().offset()]).await?;
    let count = |column: usize| -> Result<u64, tokio_postgres::Error> {
        let count: i64 = row.try_get(column)?;
        Ok(count.try_into().unwrap_or_default())
    };
    let expired = count(3)?;
    let mut stats = InboxStats::default();
    stats.ready = count(0)? + count(1)? + expired;
    stats.leased = count(2)? - expired;
    stats.done = count(4)?;
    stats.dead = count(5)?;
    stats.oldest_ready = row.try_get::<_, Option<i64>>(6)?.map(span);
    Ok(stats)
}
