mod candidates;
mod claim;
mod finish;
mod prune;
mod put;
mod records;

use std::{
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxError,
        InboxOperation, InboxStats, InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
    },
};
use rusqlite::OptionalExtension;
use tokio::sync::Notify;

use self::{candidates::Cursor, claim::Request};
use crate::{
    clock::{millis, span},
    database::{Database, Failure, State, Turn},
    error::OpenError,
    signatures::{self, Binding},
};

/// Durable inbox in a SQLite file: an event is on disk before its sender is answered, and a worker
/// handles it afterward.
///
/// Clones share a connection and a thread that commits waiting operations together: the more
/// senders, the more events per commit. Any number of processes on one machine can open the same
/// file, such as a web server and a worker.
///
/// ```
/// use room_hooks::{Hooks, zego::Zego};
/// use room_hooks_sqlite::SqliteInbox;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = std::env::temp_dir().join(format!("room-hooks-doc-{}.db", std::process::id()));
/// let inbox = SqliteInbox::open(&file)?
///     .with_max_rows(100_000)
///     .with_max_bytes(1 << 30);
/// let hooks = Hooks::new(Zego::new(1234567890, "callback secret")?).with_inbox(inbox);
/// # let _ = std::fs::remove_file(file);
/// # Ok(())
/// # }
/// ```
///
/// Your own tools can use it through the trait [`InboxStore`]:
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use room_hooks::inbox::{ClaimRequest, Ending, InboxStore, NewEvent, PutOutcome, WorkerId};
/// use room_hooks_sqlite::SqliteInbox;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = std::env::temp_dir().join(format!("room-hooks-put-{}.db", std::process::id()));
/// let inbox = SqliteInbox::open(&file)?;
///
/// // Once this has returned, a crash does not lose the event.
/// let event = NewEvent::new("zego/room_create", b"{}".to_vec(), SystemTime::now());
/// assert_eq!(inbox.put(event).await?, PutOutcome::New);
///
/// let request = ClaimRequest::new(WorkerId(1), 32, Duration::from_secs(30));
/// for claimed in inbox.claim(request).await?.events {
///     println!("{}, attempt {}", claimed.event.kind, claimed.attempt.number);
///     inbox.finish(claimed.attempt, Ending::Done).await?;
/// }
/// # let _ = std::fs::remove_file(file);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteInbox {
    database: Database,
    bounds: Bounds,
    cursor: Arc<Mutex<Cursor>>,
    put: Arc<Notify>,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    rows: i64,
    bytes: i64,
}

/// How often a worker polls, since SQLite does not notify other processes of a change.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

impl SqliteInbox {
    /// Opens a file, and creates it if it does not exist. The names of the tables begin with
    /// `room_hooks_`, so that the file can also contain your own.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the file cannot be used. Its message says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self::new(Database::open(path.as_ref())?))
    }

    /// Opens a file that already contains an inbox. For tools: a wrong path creates no file.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the file does not exist, contains no inbox or cannot be used.
    /// Its message says what to do.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self::new(Database::open_existing(path.as_ref())?))
    }

    fn new(database: Database) -> Self {
        Self {
            database,
            bounds: Bounds { rows: 1_000_000, bytes: 4 << 30 },
            cursor: Arc::default(),
            put: Arc::default(),
        }
    }

    /// Sets how many events the inbox may hold, and how many bound signatures; 1,000,000 of each by
    /// default. When it is full, done events whose retention against duplicates has ended make room
    /// for new ones.
    #[must_use]
    pub fn with_max_rows(mut self, rows: u64) -> Self {
        self.bounds.rows = rows.try_into().unwrap_or(i64::MAX);
        self
    }

    /// Sets how many bytes the events may take; 4 GiB by default. An event takes its payload and
    /// about 300 bytes. The file is about as large as its events.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.bounds.bytes = bytes.try_into().unwrap_or(i64::MAX);
        self
    }

    /// Stops the clock of this inbox, its clones and its heartbeat handles, so that only a test
    /// moves it.
    #[doc(hidden)]
    pub fn stop_clock(&self) {
        self.database.clock().stop();
    }

    #[doc(hidden)]
    pub fn advance_clock(&self, span: Duration) {
        self.database.clock().advance(span);
    }

    #[doc(hidden)]
    pub fn set_clock_back(&self, span: Duration) {
        self.database.clock().set_back(span);
    }

    /// A handle on the same inbox with another connection and thread.
    #[doc(hidden)]
    pub fn heartbeat(&self) -> Result<Self, OpenError> {
        Ok(Self { database: self.database.another()?, ..self.clone() })
    }

    /// Sets or reads a pragma of the connection, for tests.
    #[doc(hidden)]
    pub async fn pragma(&self, pragma: &str) -> Result<String, InboxError> {
        self.database.pragma(pragma).await.map_err(unavailable)
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> InboxOperation<'_, T> {
        Box::pin(async { self.database.read(work).await.map_err(unavailable) })
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> InboxOperation<'_, T> {
        Box::pin(async { self.database.write(work).await.map_err(unavailable) })
    }
}

impl InboxStore for SqliteInbox {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        let bounds = self.bounds;
        Box::pin(async move {
            let outcome = self.write(move |turn| put::put(turn, &event, bounds)).await?;
            if outcome == Some(PutOutcome::New) {
                self.put.notify_waiters();
            }
            outcome.ok_or(InboxError::Full)
        })
    }

    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool> {
        let (retention, most) = (millis(retention), self.bounds.rows);
        let bind = self.write(move |turn| signatures::bind(turn, signature, id, retention, most));
        Box::pin(async {
            match bind.await? {
                Binding::Own => Ok(true),
                Binding::Other => Ok(false),
                Binding::Full => Err(InboxError::Full),
            }
        })
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        Box::pin(async move {
            let request = Arc::new(Request::new(&request));
            let (reading, cursor) = (Arc::clone(&request), Arc::clone(&self.cursor));
            let nothing = self
                .database
                .read(move |turn| claim::claim_nothing(turn, &reading, &mut lock(&cursor)));
            if let Some(nothing) = nothing.await.map_err(unavailable)? {
                return Ok(nothing);
            }
            let cursor = Arc::clone(&self.cursor);
            self.write(move |turn| claim::claim(turn, &request, &mut lock(&cursor))).await
        })
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        let lease = millis(lease);
        self.write(move |turn| finish::renew(turn, worker.0, lease))
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        self.write(move |turn| finish::finish(turn, attempt, &ending))
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        let retry = self.write(move |turn| finish::retry(turn, sequence));
        Box::pin(async {
            let is_ready = retry.await?;
            if is_ready {
                self.put.notify_waiters();
            }
            Ok(is_ready)
        })
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.write(move |turn| records::discard(turn, sequence))
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        self.write(move |turn| prune::prune(turn, retention, limit))
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        self.read(move |turn| records::list(turn, state, after, limit))
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        self.read(move |turn| records::get(turn, sequence))
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        self.read(stats)
    }

    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        match self.heartbeat() {
            Ok(heartbeat) => Ok(Some(Arc::new(heartbeat))),
            Err(error) => Err(InboxError::Unavailable(error.into())),
        }
    }

    fn poll_interval(&self) -> Duration {
        POLL_INTERVAL
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // Created here and not at the first poll, so that it misses no notification.
        Box::pin(self.put.notified())
    }
}

fn stats(turn: &Turn<'_>) -> rusqlite::Result<InboxStats> {
    let totals = turn.totals();
    // An event with an expired lease counts as ready, because it waits for another worker.
    let mut run_out = turn.prepare(
        "SELECT count(*) FROM room_hooks_events INDEXED BY room_hooks_events_due
         WHERE state = 'leased' AND next_at <= ?1",
    )?;
    let run_out: i64 = run_out.query_row([turn.now], |row| row.get(0))?;
    let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
    let mut stats = InboxStats::default();
    stats.ready = count(totals.ready + run_out);
    stats.leased = count(totals.leased - run_out);
    stats.done = count(totals.done);
    stats.dead = count(totals.dead);
    let mut oldest = turn.prepare(
        "SELECT next_at FROM room_hooks_events INDEXED BY room_hooks_events_due
         WHERE state = ?1 AND next_at <= ?2 ORDER BY next_at LIMIT 1",
    )?;
    for state in [State::Ready, State::Leased] {
        let due: Option<i64> =
            oldest.query_row((state.name(), turn.now), |row| row.get(0)).optional()?;
        stats.oldest_ready = stats.oldest_ready.max(due.map(|due| span(turn.now - due)));
    }
    Ok(stats)
}

fn lock(cursor: &Mutex<Cursor>) -> MutexGuard<'_, Cursor> {
    cursor.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(failure: Failure) -> InboxError {
    InboxError::Unavailable(failure.into())
}
