//! Approximate bounds of an inbox.
//!
//! An exact count would need a row that every put updates, so that puts would wait for each other's
//! commits. Instead, each process counts the events about once a second, or less often if counting
//! is slow, and adds its own puts in between. Several processes together can exceed a bound by the
//! events that they put between two counts.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use room_hooks::inbox::NewEvent;

use crate::{
    database::{MAINTENANCE_TIMEOUT, Pool},
    error::Failure,
    sql::{clock, now},
};

/// Approximate bytes per event without its strings and its payload, including index entries and
/// rows in other tables.
const ROW: usize = 600;

/// Maximum number of done events to remove at once. Small inboxes remove a thousandth of their
/// bound.
const BATCH: i64 = 200;

/// Minimum pause between two counts. After a slow count the pause is [`PAUSE_FACTOR`] times as long
/// as the count took, so that counting takes less than a twentieth of the time.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const PAUSE_FACTOR: u32 = 20;

#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) rows: i64,
    pub(super) bytes: i64,
}

/// A number of events and their total size.
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

/// The size of the inbox, as known to this process.
#[derive(Debug, Default)]
pub(super) struct Usage {
    known: Mutex<Known>,
    /// Held during the first count.
    first_count: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    counted: Size,
    /// Events that this process has put since the latest count began.
    since: Size,
    /// When to count again. `None` before the first count.
    next: Option<Instant>,
    /// The time before which not to search for removable events, since the latest search found too
    /// few.
    exhausted_until: Option<Instant>,
}

impl Usage {
    /// Reserves space for an event, removing done events if necessary. Returns `None` if the inbox
    /// stays full.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        pool: &Pool,
        size: Size,
        bounds: Bounds,
    ) -> Result<Option<Reservation<'_>>, Failure> {
        self.ensure_counted(pool).await?;
        let batch = (bounds.rows / 1000).clamp(1, BATCH);
        loop {
            if let Some(reservation) = self.try_reserve(size, bounds) {
                return Ok(Some(reservation));
            }
            // An event that can never fit must not remove others.
            if !size.fits(bounds) || !self.make_room(pool, batch).await? {
                return Ok(None);
            }
        }
    }

    /// Counts in a separate task. The core gives up on a put after a second. If a slower count
    /// ended with its put, each put would start it again and none would ever succeed.
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

    fn try_reserve(&self, size: Size, bounds: Bounds) -> Option<Reservation<'_>> {
        let mut known = self.lock();
        let since = known.since.plus(size);
        if !known.counted.plus(since).fits(bounds) {
            return None;
        }
        known.since = since;
        Some(Reservation { usage: self, size })
    }

    /// Removes a batch of the oldest done events whose ids need not be kept. Returns `false` if
    /// there are none.
    async fn make_room(&self, pool: &Pool, batch: i64) -> Result<bool, Failure> {
        if self.lock().exhausted_until.is_some_and(|until| Instant::now() < until) {
            return Ok(false);
        }
        let mut connection = pool.connection().await?;
        let row = connection.query_one(FORGET, &[&pool.clock().offset(), &batch]).await?;
        let removed = Size { rows: row.try_get(0)?, bytes: row.try_get(1)? };
        let mut known = self.lock();
        known.counted = known.counted.minus(removed);
        known.exhausted_until = (removed.rows < batch).then(|| Instant::now() + MIN_PAUSE);
        Ok(removed.rows > 0)
    }

    /// Starts a count in the background if one is due.
    pub(super) fn start_count_if_due(self: &Arc<Self>, pool: &Pool) {
        let (mut known, now) = (self.lock(), Instant::now());
        if known.next.is_none_or(|next| next > now) {
            return;
        }
        // A count that has not ended by then never will, because its runtime has ended.
        known.next = Some(now + MAINTENANCE_TIMEOUT + MIN_PAUSE);
        let (usage, pool) = (Arc::clone(self), pool.clone());
        tokio::spawn(async move {
            if let Err(failure) = usage.count(&pool).await {
                tracing::debug!(%failure, "could not count events");
            }
        });
    }

    async fn count(&self, pool: &Pool) -> Result<(), Failure> {
        let (put_before, begun) = (self.lock().since, Instant::now());
        let counted = async {
            let row = pool.connection().await?.query_one(COUNT, &[]).await?;
            Ok::<_, Failure>(Size { rows: row.try_get(0)?, bytes: row.try_get(1)? })
        };
        let counted = pool.maintain(counted).await;
        let mut known = self.lock();
        let pause = MIN_PAUSE.max(begun.elapsed() * PAUSE_FACTOR);
        match counted {
            Ok(counted) => {
                known.counted = counted;
                known.since = known.since.minus(put_before);
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

/// Space for an event. Released on drop, including when a timeout drops the put, unless it is kept.
pub(super) struct Reservation<'a> {
    usage: &'a Usage,
    size: Size,
}

impl Reservation<'_> {
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut known = self.usage.lock();
        known.since = known.since.minus(self.size);
    }
}

/// The condition makes the planner use the primary key, which includes the size, instead of reading
/// the table.
const COUNT: &str =
    "SELECT count(*), coalesce(sum(size), 0)::bigint FROM room_hooks.events WHERE sequence > 0";

/// Deletes done events together with their ids.
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
