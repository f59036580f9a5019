//! A SQLite file. Each handle on it has its own connection, on its own thread.

mod connection;
mod job;
pub(crate) mod keys;
mod schema;
mod totals;
mod turn;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::{job::Failure, totals::State, turn::Turn};
use self::{
    job::{Job, Operation},
    turn::Watch,
    writer::Writer,
};
use crate::{clock::Clock, error::OpenError};

/// The capacity of the queue. When it is full, callers wait for a place.
const WAITING: usize = 1024;

/// A connection on its own thread, which runs operations in groups. Clones share the thread; it
/// ends when the last one is dropped.
#[derive(Clone)]
pub(crate) struct Database {
    path: Arc<Path>,
    clock: Arc<Clock>,
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let connection = connection::open(path)?;
        Self::start(path.into(), Arc::new(Clock::new()), Some(connection))
            .map_err(|error| OpenError::Other { path: path.into(), source: error.into() })
    }

    /// Opens a file that already has the tables.
    pub(crate) fn open_existing(path: &Path) -> Result<Self, OpenError> {
        connection::check_existing(path)?;
        Self::open(path)
    }

    /// A handle on the same file with another connection and thread.
    pub(crate) fn another(&self) -> Result<Self, OpenError> {
        let connection = connection::connect(&self.path)?;
        let another = self.path.to_path_buf();
        Self::start(another, Arc::clone(&self.clock), Some(connection)).map_err(|error| {
            OpenError::Other { path: self.path.to_path_buf(), source: error.into() }
        })
    }

    /// A handle on the same file that connects at its first operation. If it cannot connect, the
    /// operation fails.
    pub(crate) fn another_lazily(&self) -> Self {
        let (path, clock) = (Arc::clone(&self.path), Arc::clone(&self.clock));
        let another = Self::start(path.to_path_buf(), Arc::clone(&clock), None);
        another.unwrap_or_else(|error| {
            tracing::error!(%error, "failed to start a database thread");
            // The receiver of this queue is dropped, so that every operation fails.
            Self { path, clock, queue: mpsc::channel(1).0 }
        })
    }

    fn start(
        path: PathBuf,
        clock: Arc<Clock>,
        connection: Option<Connection>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(WAITING);
        let database = Self { path: path.as_path().into(), clock: Arc::clone(&clock), queue };
        let writer = Writer { path, connection, clock, watch: Watch::default() };
        thread::Builder::new().name("room-hooks-sqlite".into()).spawn(|| writer.run(jobs))?;
        Ok(database)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Runs an operation that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run(true, work).await
    }

    /// Runs an operation that may write, and returns after the commit. If the caller gives up
    /// before the operation starts, the operation does not run.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run(false, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        is_read: bool,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Operation { is_read, work: Some(work), result: None, reply });
        self.queue.send(job).await.map_err(|_| Failure::Ended)?;
        answer.await.unwrap_or(Err(Failure::Ended))
    }

    /// Sets or reads a pragma of the connection, for tests.
    pub(crate) async fn pragma(&self, pragma: &str) -> Result<String, Failure> {
        let pragma = format!("PRAGMA {pragma}");
        self.read(move |turn| {
            let value = turn.prepare(&pragma)?.query_row([], |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Integer(value) => value.to_string(),
                    value => value.as_str()?.to_owned(),
                })
            });
            match value {
                Err(rusqlite::Error::QueryReturnedNoRows) => Ok(String::new()),
                value => value,
            }
        })
        .await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}
