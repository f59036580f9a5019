//! How much an inbox holds, about.
//!
//! An exact count would need a row that every put writes, so that puts would wait for one another's commits. This one is
//! counted now and then, and the puts of this process are added until the next time. Other processes can put more than
//! there is room for until then: what comes in a few seconds.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use room_hooks::inbox::NewEvent;

use crate::{
    database::Pool,
    error::Failure,
    sql::{clock, now},
};

/// What a row takes besides its texts and its payload, its entries in the indexes and in other tables included: about
/// as much.
const ROW: usize = 600;

/// How many done events are removed at once to make room, at most: a thousandth of the bound, if that is less.
const BATCH: i64 = 200;

/// How often it is counted, but never so often that counting takes more than a twentieth of the time.
const PERIOD: Duration = Duration::from_secs(1);
const SHARE: u32 = 20;

/// How long counting may take before another begins.
const COUNTING: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) rows: i64,
    pub(super) bytes: i64,
}

/// A number of events and what they take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) rows: i64,
    pub(super) bytes: i64,
}

impl Size {
    pub(super) fn of(event: &NewEvent) -> Self {
        let room = event.room.as_deref().unwrap_or_default();
        let bytes = event.payload.len() + event.kind.len() + room.len() + ROW;
        Self { rows: 1, bytes: i64::try_from(bytes).unwrap_or(i64::MAX) }
    }

    fn plus(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn minus(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, bytes: self.bytes.saturating_sub(other.bytes) }
    }

    fn fits(self, bounds: Bounds) -> bool {
        self.rows <= bounds.rows && self.bytes <= bounds.bytes
    }
}

/// What the inbox holds, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Usage {
    known: Mutex<Known>,
    /// Held during the first count.
    first_count: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    counted: Size,
    /// What this process has put since it began to count.
    since: Size,
    /// When to count again. `None` before the first time.
    next: Option<Instant>,
    /// Until when no done event can be removed to make room, as far as is known.
    exhausted_until: Option<Instant>,
}

impl Usage {
    /// Reserves room for an event, and removes done ones if there is none. `false` if there is still none.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        pool: &Pool,
        size: Size,
        bounds: Bounds,
    ) -> Result<bool, Failure> {
        self.ensure_counted(pool).await?;
        if self.try_reserve(size, bounds) {
            return Ok(true);
        }
        // What never fits must not remove anything.
        let batch = (bounds.rows / 1000).clamp(1, BATCH);
        while size.fits(bounds) && self.make_room(pool, batch).await? {
            if self.try_reserve(size, bounds) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts in a task of its own. The core gives up a put after a second: a slower count that ended with the put would
    /// start again with each, and no put would ever succeed.
    async fn ensure_counted(self: &Arc<Self>, pool: &Pool) -> Result<(), Failure> {
        let is_counted = || self.lock().next.is_some();
        if is_counted() {
            return Ok(());
        }
        let counting = Arc::clone(&self.first_count).lock_owned().await;
        if is_counted() {
            return Ok(());
        }
        let (usage, pool) = (Arc::clone(self), pool.clone());
        let count = tokio::spawn(async move {
            let _counting = counting;
            usage.count(&pool).await
        });
        count.await.unwrap_or_else(|error| Err(Failure::Driver(error.into())))
    }

    fn try_reserve(&self, size: Size, bounds: Bounds) -> bool {
        let mut known = self.lock();
        let fits = known.counted.plus(known.since).plus(size).fits(bounds);
        if fits {
            known.since = known.since.plus(size);
        }
        fits
    }

    /// Gives back what has not been put after all.
    pub(super) fn release(&self, size: Size) {
        let mut known = self.lock();
        known.since = known.since.minus(size);
    }

    /// Removes some of the oldest events that are done and need not be remembered. `false` if there is none.
    async fn make_room(&self, pool: &Pool, batch: i64) -> Result<bool, Failure> {
        if self.lock().exhausted_until.is_some_and(|until| Instant::now() < until) {
            return Ok(false);
        }
        let mut connection = pool.connection().await?;
        let row = connection.query_one(FORGET, &[&pool.clock().offset(), &batch]).await?;
        let removed = Size { rows: row.try_get(0)?, bytes: row.try_get(1)? };
        let mut known = self.lock();
        known.counted = known.counted.minus(removed);
        known.exhausted_until = (removed.rows < batch).then(|| Instant::now() + PERIOD);
        Ok(removed.rows > 0)
    }

    /// Whether it is time to count again. Then the caller does so, and no other is told.
    pub(super) fn start_count_if_due(&self) -> bool {
        let (mut known, now) = (self.lock(), Instant::now());
        let is_stale = known.next.is_some_and(|next| next <= now);
        if is_stale {
            known.next = Some(now + COUNTING);
        }
        is_stale
    }

    pub(super) async fn count(&self, pool: &Pool) -> Result<(), Failure> {
        let (since, begun) = (self.lock().since, Instant::now());
        let counted = async {
            let row = pool.connection().await?.query_one(COUNT, &[]).await?;
            Ok::<_, Failure>(Size { rows: row.try_get(0)?, bytes: row.try_get(1)? })
        };
        let counted = pool.run(counted).await;
        let mut known = self.lock();
        let pause = PERIOD.max(begun.elapsed() * SHARE);
        match counted {
            Ok(counted) => {
                known.counted = counted;
                known.since = known.since.minus(since);
                known.next = Some(Instant::now() + pause);
                Ok(())
            }
            Err(failure) => {
                known.next = known.next.map(|_| Instant::now() + pause);
                Err(failure)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From an index alone, for the most part.
const COUNT: &str =
    "SELECT count(*), coalesce(sum(size), 0)::bigint FROM room_hooks.events WHERE sequence > 0";

/// Their ids are forgotten with them.
const FORGET: &str = concat!(
    clock!(),
    ", old AS MATERIALIZED (
        SELECT sequence FROM room_hooks.events
        WHERE state = 'done' AND keep_until <= ",
    now!(),
    "   ORDER BY keep_until, sequence LIMIT $2 FOR UPDATE SKIP LOCKED),
    removed AS (
        DELETE FROM room_hooks.events AS event USING old WHERE event.sequence = old.sequence
        RETURNING event.id, event.size),
    forgotten AS (
        DELETE FROM room_hooks.keys USING removed WHERE key = 'e'::bytea || removed.id)
    SELECT count(*), coalesce(sum(size), 0)::bigint FROM removed"
);
