//! Claims events for a worker.
//!
//! A claim first reads the state of the queue and stops there if nothing is due, so that idle
//! workers never write. An unordered claim then leases events in one statement. An ordered claim
//! needs a transaction, since it must lock a room before it checks which events of the room are
//! leased.

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

/// A [`ClaimRequest`] with the types of the statement parameters.
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

/// The state of the events to lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Ready,
    /// Leased to another worker, with an expired lease.
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
        let mut queue = self.queue().await?;
        let is_changed = queue.has_crashes || queue.has_due_retries;
        if queue.has_crashes {
            self.count_crashes().await?;
        }
        if queue.has_due_retries {
            self.make_retries_ready().await?;
        }
        if is_changed {
            queue = self.queue().await?;
        }
        let mut claims = Claims::default();
        let can_run_suspect = self.request.is_idle && self.request.limit > 0;
        if queue.has_suspects {
            if can_run_suspect {
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

    async fn queue(&mut self) -> Result<Queue, Failure> {
        let Request { worker, kinds, format, .. } = self.request;
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&self.pool.clock().offset(), worker, kinds, format, &SCAN_LIMIT];
        let row = self.connection.query_one(QUEUE, &parameters).await?;
        Ok(Queue {
            has_crashes: row.try_get(0)?,
            has_due_retries: row.try_get(1)?,
            has_suspects: row.try_get(2)?,
            ready: row.try_get(3)?,
        })
    }

    /// Returns whether the order by room allows a suspect to run.
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

    /// Counts a crash for each event that another worker ran alone and whose lease has expired.
    /// Events with too many crashes become dead.
    async fn count_crashes(&mut self) -> Result<(), Failure> {
        let Request { worker, max_crashes, .. } = self.request;
        let offset = self.pool.clock().offset();
        let rows = self.connection.query(COUNT_CRASHES, &[&offset, worker, max_crashes]).await?;
        for row in rows {
            let (sequence, crashes, is_dead): (i64, i64, bool) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if is_dead {
                tracing::error!(sequence, crashes, "event is dead: its workers keep crashing");
            }
        }
        Ok(())
    }

    /// Makes events ready whose retry is due. They then stay ready even if the clock is set back.
    async fn make_retries_ready(&mut self) -> Result<(), Failure> {
        let offset = self.pool.clock().offset();
        self.connection.query(MAKE_RETRIES_READY, &[&offset]).await?;
        Ok(())
    }
}

/// State of the queue, regardless of the order by room.
#[derive(Debug)]
struct Queue {
    /// Whether a worker has crashed while it ran a suspect.
    has_crashes: bool,
    /// Whether the retry of a waiting event is due.
    has_due_retries: bool,
    has_suspects: bool,
    /// Number of ready events, at most [`SCAN_LIMIT`].
    ready: i64,
}

/// Each subquery has an `ORDER BY`, so that the planner uses the partial indexes even with outdated
/// statistics.
const QUEUE: &str = concat!(
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

/// The limit in the statement is [`SCAN_LIMIT`]. Later claims handle the rest.
const MAKE_RETRIES_READY: &str = concat!(
    clock!(),
    ", due AS MATERIALIZED (
        SELECT sequence FROM room_hooks.events
        WHERE state = 'waiting' AND next_at <=",
    now!(),
    "ORDER BY next_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
    UPDATE room_hooks.events AS event SET state = 'ready' FROM due WHERE event.sequence = due.sequence"
);
