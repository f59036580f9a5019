//! What a worker is given.
//!
//! A look at the queue comes first, and writes nothing: an idle worker asks every other second. Events that nobody else
//! holds are then leased, in one statement. In the order of rooms, it accepts a transaction, since a room has to be locked
//! before it is looked at.

use room_hooks::inbox::{ClaimRequest, ClaimedEvent, Claims};
use tokio_postgres::types::ToSql;

use super::{
    candidates::{Cursor, SCAN_LIMIT, accepts, candidates, lock_rooms},
    lease::{LEASE_READY, LEASE_READY_IN_ORDER, LEASE_SUSPECT, LEASE_SUSPECT_IN_ORDER, claimed},
};
use crate::{
    clock::millis,
    database::{Connection, Pool},
    error::Failure,
    sql::{clock, now},
};

/// A request, as its statements take it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) worker: i64,
    pub(super) limit: i64,
    lease: i64,
    pub(super) kinds: Option<Vec<String>>,
    pub(super) format: i64,
    is_ordered: bool,
    is_idle: bool,
    max_crashes: i64,
}

impl Request {
    pub(super) fn new(request: &ClaimRequest) -> Self {
        Self {
            worker: request.worker.0,
            limit: i64::try_from(request.limit).unwrap_or(i64::MAX),
            lease: millis(request.lease),
            kinds: request.kinds.as_ref().map(|kinds| kinds.to_vec()),
            format: request.format_version.into(),
            is_ordered: request.is_ordered,
            is_idle: request.is_idle,
            max_crashes: request.max_crashes.into(),
        }
    }
}

/// Target which state the events are that are to be leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Ready,
    /// Leased to another worker whose lease has run out.
    Suspect,
}

pub(super) async fn claim(
    pool: &Pool,
    request: &Request,
    cursor: &Cursor,
) -> Result<Claims, Failure> {
    let mut connection = pool.connection().await?;
    let mut claim = Claim { pool, connection: &mut connection, request, cursor };
    claim.run().await
}

struct Claim<'a> {
    pool: &'a Pool,
    connection: &'a mut Connection,
    request: &'a Request,
    cursor: &'a Cursor,
}

impl Claim<'_> {
    async fn run(&mut self) -> Result<Claims, Failure> {
        let mut queue = self.look().await?;
        let is_changed = queue.has_crashed || queue.has_waited;
        if queue.has_crashed {
            self.count_crashes().await?;
        }
        if queue.has_waited {
            self.end_waits().await?;
        }
        if is_changed {
            queue = self.look().await?;
        }
        let mut claims = Claims::default();
        let is_able = self.request.is_idle && self.request.limit > 0;
        if queue.has_suspects {
            if is_able {
                claims.events = self.lease(Target::Suspect, 1, &queue).await?;
            } else {
                claims.suspects_wait = self.has_suspect().await?;
            }
        }
        if claims.events.is_empty() && !claims.suspects_wait && queue.ready > 0 {
            claims.events = self.lease(Target::Ready, self.request.limit, &queue).await?;
        }
        Ok(claims)
    }

    async fn look(&mut self) -> Result<Queue, Failure> {
        let Request { worker, kinds, format, .. } = self.request;
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&self.pool.clock().offset(), worker, kinds, format, &SCAN_LIMIT];
        let row = self.connection.query_one(LOOK, &parameters).await?;
        Ok(Queue {
            has_crashed: row.try_get(0)?,
            has_waited: row.try_get(1)?,
            has_suspects: row.try_get(2)?,
            ready: row.try_get(3)?,
        })
    }

    /// Whether a suspect waits that the order of its room lets run.
    async fn has_suspect(&mut self) -> Result<bool, Failure> {
        if !self.request.is_ordered {
            return Ok(true);
        }
        let found = candidates(
            self.pool,
            self.connection,
            self.request,
            Target::Suspect,
            1,
            self.cursor,
            0,
        );
        Ok(!found.await?.is_empty())
    }

    async fn lease(
        &mut self,
        target: Target,
        limit: i64,
        queue: &Queue,
    ) -> Result<Vec<ClaimedEvent>, Failure> {
        let Request { worker, kinds, format, lease, .. } = self.request;
        let offset = self.pool.clock().offset();
        if !self.request.is_ordered {
            let statement = if target == Target::Ready { LEASE_READY } else { LEASE_SUSPECT };
            let rows = self
                .connection
                .query(statement, &[&offset, worker, kinds, format, lease, &limit])
                .await?;
            return claimed(target, &rows);
        }
        let found = candidates(
            self.pool,
            self.connection,
            self.request,
            target,
            limit,
            self.cursor,
            queue.ready,
        );
        let found = found.await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        self.connection.transaction().await?;
        let locked = lock_rooms(self.connection, &found, limit).await?;
        let statement =
            if target == Target::Ready { LEASE_READY_IN_ORDER } else { LEASE_SUSPECT_IN_ORDER };
        let rows = self
            .connection
            .query(statement, &[&offset, worker, kinds, format, lease, &locked])
            .await?;
        self.connection.commit().await?;
        claimed(target, &rows)
    }

    /// Counts those that another worker ran alone when its lease ran out. Too many make an event dead.
    async fn count_crashes(&mut self) -> Result<(), Failure> {
        let Request { worker, max_crashes, .. } = self.request;
        let offset = self.pool.clock().offset();
        let rows = self.connection.query(COUNT_CRASHES, &[&offset, worker, max_crashes]).await?;
        for row in rows {
            let (sequence, crashes, is_dead): (i64, i64, bool) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if is_dead {
                tracing::error!(sequence, crashes, "an event is dead, since its workers crash");
            }
        }
        Ok(())
    }

    /// Makes those ready that have waited long enough. Then they stay that, even if the clock is set back.
    async fn end_waits(&mut self) -> Result<(), Failure> {
        let offset = self.pool.clock().offset();
        self.connection.query(END_WAITS, &[&offset]).await?;
        Ok(())
    }
}

/// What there is for a worker, before the order of rooms.
#[derive(Debug)]
struct Queue {
    has_crashed: bool,
    /// Whether there are events whose next attempt has become due.
    has_waited: bool,
    has_suspects: bool,
    /// How many, at most [`SCAN_LIMIT`].
    ready: i64,
}

/// Ordered, each of them, so that the indexes are used whatever the statistics say.
const LOOK: &str = concat!(
    clock!(),
    "SELECT (
        SELECT true FROM room_hooks.events
        WHERE state = 'leased' AND next_at <=",
    now!(),
    "AND is_alone AND worker <> $2 ORDER BY next_at LIMIT 1) IS NOT NULL,
    (
        SELECT true FROM room_hooks.events
        WHERE state = 'waiting' AND next_at <=",
    now!(),
    "ORDER BY next_at LIMIT 1) IS NOT NULL,
    (
        SELECT true FROM room_hooks.events AS event
        WHERE state = 'leased' AND next_at <=",
    now!(),
    "AND worker <> $2 AND",
    accepts!("event"),
    "ORDER BY next_at LIMIT 1) IS NOT NULL,
    (
        SELECT count(*) FROM (
            SELECT FROM room_hooks.events AS event
            WHERE state = 'ready' AND",
    accepts!("event"),
    "ORDER BY next_at, sequence LIMIT $5) AS ready)"
);

const COUNT_CRASHES: &str = concat!(
    clock!(),
    ", crashed AS MATERIALIZED (
        SELECT sequence, crashes + 1 >= $3::bigint AS is_last FROM room_hooks.events
        WHERE state = 'leased' AND next_at <=",
    now!(),
    "AND is_alone AND worker <> $2 ORDER BY next_at FOR UPDATE SKIP LOCKED)
    UPDATE room_hooks.events AS event
    SET crashes = crashes + 1, is_alone = false,
        state = CASE WHEN is_last THEN 'dead' ELSE 'leased' END,
        next_at = CASE WHEN NOT is_last THEN next_at END,
        worker = CASE WHEN NOT is_last THEN worker END,
        finished_at = CASE WHEN is_last THEN",
    now!(),
    "END,
        error = CASE WHEN is_last
            THEN 'its worker crashed or froze ' || crashes + 1 || ' times while it ran nothing else' ELSE error END
    FROM crashed WHERE event.sequence = crashed.sequence
    RETURNING event.sequence, crashes, is_last"
);

/// As many as a claim looks at, so that all are ready after a few.
const END_WAITS: &str = concat!(
    clock!(),
    ", due AS MATERIALIZED (
        SELECT sequence FROM room_hooks.events
        WHERE state = 'waiting' AND next_at <=",
    now!(),
    "ORDER BY next_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
    UPDATE room_hooks.events AS event SET state = 'ready' FROM due WHERE event.sequence = due.sequence"
);
