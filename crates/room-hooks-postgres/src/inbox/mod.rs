mod bounds;
mod candidates;
mod claim;
mod finish;
mod lease;
mod prune;
mod put;
mod records;
mod signal;
mod stats;

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxError,
        InboxOperation, InboxStats, InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
    },
};

use self::{
    bounds::{Bounds, Size, Usage},
    candidates::Cursor,
    claim::Request,
    signal::Signal,
};
use crate::{
    clock::millis,
    database::{Database, Pool},
    error::{ConnectError, Failure},
    signatures,
    sweep::{self, SweepSchedule},
};

/// Durable inbox in PostgreSQL: an event is committed before its sender is answered, and a worker
/// on any machine handles it afterward.
///
/// Clones share a connection pool.
///
/// ```no_run
/// use room_hooks::{Hooks, zego::Zego};
/// use room_hooks_postgres::{ConnectError, PostgresInbox};
///
/// async fn hooks(zego: Zego) -> Result<Hooks<Zego>, ConnectError> {
///     let inbox = PostgresInbox::connect("postgres://hooks:secret@db.internal/hooks").await?;
///     Ok(Hooks::new(zego).with_inbox(inbox.with_max_rows(100_000).with_max_bytes(1 << 30)))
/// }
/// ```
#[derive(Clone)]
pub struct PostgresInbox {
    pool: Pool,
    bounds: Bounds,
    usage: Arc<Usage>,
    sweep_schedule: Arc<SweepSchedule>,
    cursor: Arc<Cursor>,
    signal: Arc<Signal>,
}

/// How often a worker polls, in addition to notifications.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

impl PostgresInbox {
    /// Connects to the database at a [URL](Database::new), and creates or upgrades the tables.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the database cannot be used. Its message says what to do.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::connect_with(&Database::new(url)?).await
    }

    /// Connects to a database, and creates or upgrades the tables.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the database cannot be used. Its message says what to do.
    pub async fn connect_with(database: &Database) -> Result<Self, ConnectError> {
        let inbox = Self::connect_lazily(database)?;
        inbox.pool.prepare().await?;
        Ok(inbox)
    }

    /// Connects to an existing inbox. For tools, which should not create an inbox when their URL is
    /// wrong.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the schema contains no inbox or the database cannot be used.
    /// Its message says what to do.
    pub async fn connect_existing(database: &Database) -> Result<Self, ConnectError> {
        let inbox = Self::connect_lazily(database)?;
        inbox.pool.check_existing().await?;
        inbox.pool.prepare().await?;
        Ok(inbox)
    }

    /// Creates an inbox that connects at the first operation, so that a service can start before
    /// its database.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::InvalidSchema`] if the schema name is invalid.
    pub fn connect_lazily(database: &Database) -> Result<Self, ConnectError> {
        let pool = Pool::new(database)?;
        Ok(Self {
            bounds: Bounds { rows: 1_000_000, bytes: 4 << 30 },
            usage: Arc::default(),
            sweep_schedule: Arc::default(),
            cursor: Arc::default(),
            signal: Signal::new(pool.clone()),
            pool,
        })
    }

    /// Sets the maximum number of events; 1,000,000 by default. When the inbox is full, done events
    /// whose retention against duplicates has ended make room for new ones.
    ///
    /// Each process counts the events about once a second, or less often if counting is slow.
    /// Several processes together can exceed the maximum by the events that they put between two
    /// counts.
    #[must_use]
    pub fn with_max_rows(mut self, rows: u64) -> Self {
        self.bounds.rows = rows.try_into().unwrap_or(i64::MAX);
        self
    }

    /// Sets the maximum size of all events in bytes; 4 GiB by default. An event takes its payload
    /// and about 600 bytes. The limit is as exact as [`with_max_rows`](Self::with_max_rows).
    ///
    /// The tables can be larger, since PostgreSQL reuses the space of deleted rows only later.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.bounds.bytes = bytes.try_into().unwrap_or(i64::MAX);
        self
    }

    /// Stops the clock of this inbox, its clones and its heartbeat handles. A stopped clock is
    /// exact only if the clocks of the database and of this machine agree.
    #[doc(hidden)]
    pub fn stop_clock(&self) {
        self.pool.clock().stop();
    }

    #[doc(hidden)]
    pub fn advance_clock(&self, span: Duration) {
        self.pool.clock().advance(span);
    }

    #[doc(hidden)]
    pub fn set_clock_back(&self, span: Duration) {
        self.pool.clock().set_back(span);
    }

    fn run<'a, T: 'a>(
        &'a self,
        operation: impl Future<Output = Result<T, Failure>> + Send + 'a,
    ) -> InboxOperation<'a, T> {
        Box::pin(async { self.pool.run(operation).await.map_err(inbox_error) })
    }

    /// Runs an operation with the longer timeout for maintenance.
    fn maintain<'a, T: 'a>(
        &'a self,
        operation: impl Future<Output = Result<T, Failure>> + Send + 'a,
    ) -> InboxOperation<'a, T> {
        Box::pin(async { self.pool.maintain(operation).await.map_err(inbox_error) })
    }

    async fn put_event(&self, event: &NewEvent) -> Result<Option<PutOutcome>, Failure> {
        let size = Size::of(event);
        let reservation = self.usage.reserve(&self.pool, size, self.bounds).await?;
        let outcome = put::put(&self.pool, event, size, reservation.is_some()).await?;
        if outcome == Some(PutOutcome::New) {
            self.signal.announce();
            if let Some(reservation) = reservation {
                reservation.keep();
            }
        }
        Ok(outcome)
    }

    fn start_upkeep(&self) {
        self.usage.start_count_if_due(&self.pool);
        self.sweep_schedule.start_if_due(&self.pool, &[sweep::KEYS]);
    }
}

impl InboxStore for PostgresInbox {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        Box::pin(async move {
            let outcome = self.run(self.put_event(&event)).await?;
            self.start_upkeep();
            outcome.ok_or(InboxError::Full)
        })
    }

    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool> {
        Box::pin(async move {
            self.start_upkeep();
            self.run(signatures::bind(&self.pool, signature, id, millis(retention))).await
        })
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        Box::pin(async move {
            let request = Request::new(&request);
            self.run(claim::claim(&self.pool, &request, &self.cursor)).await
        })
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        self.run(finish::renew(&self.pool, worker.0, millis(lease)))
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        Box::pin(async move {
            let is_ended = self.run(finish::finish(&self.pool, attempt, &ending)).await?;
            if let Ending::Retry { after, .. } = ending
                && after <= POLL_INTERVAL
            {
                self.signal.wake_after(after);
            }
            Ok(is_ended)
        })
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        Box::pin(async move {
            let is_ready = self.run(finish::retry(&self.pool, sequence)).await?;
            if is_ready {
                self.signal.announce();
            }
            Ok(is_ready)
        })
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.run(records::discard(&self.pool, sequence))
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        self.maintain(async move {
            self.start_upkeep();
            prune::prune(&self.pool, retention, limit).await
        })
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        self.maintain(records::list(&self.pool, state, after, limit))
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        self.run(records::get(&self.pool, sequence))
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        self.maintain(stats::stats(&self.pool))
    }

    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        let pool = self.pool.single_connection();
        let pool = pool.map_err(|error| InboxError::Unavailable(error.into()))?;
        Ok(Some(Arc::new(Self { pool, ..self.clone() })))
    }

    fn poll_interval(&self) -> Duration {
        POLL_INTERVAL
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.signal.notified())
    }
}

impl fmt::Debug for PostgresInbox {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresInbox")
            .field("pool", &self.pool)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

fn inbox_error(failure: Failure) -> InboxError {
    if failure.is_full() {
        return InboxError::Full;
    }
    InboxError::Unavailable(failure.into())
}
