use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, QueueMode, RecyclingMethod, Runtime, Timeouts};
use tokio::{runtime::Handle, sync::OnceCell, task::JoinHandle, time::timeout};
use tokio_postgres::{CancelToken, Client};

use super::{Database, connection::Connection, connector::Messages, schema};
use crate::{
    clock::Clock,
    error::{ConnectError, Failure},
};

/// How long an operation waits for a free connection.
const WAIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long opening a connection may take: long enough to try several hosts.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a host may take to accept a connection.
pub(super) const HOST_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an operation may take, including connecting. The core gives up on a put sooner.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long statistics, counting, listing, pruning and migration may take.
pub(crate) const MAINTENANCE_TIMEOUT: Duration = Duration::from_secs(60);

/// A pool that opens connections on demand, and the database's clock.
#[derive(Clone)]
pub(crate) struct Pool {
    database: Arc<Database>,
    pool: deadpool_postgres::Pool,
    clock: Arc<Clock>,
    /// Set once the tables exist and are up to date.
    is_ready: Arc<OnceCell<()>>,
    /// The task that finishes connecting after its operation was dropped.
    connecting: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Pool {
    pub(crate) fn new(database: &Database) -> Result<Self, ConnectError> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let schema = database.schema.as_bytes();
        let is_valid = schema.len() <= 63
            && schema.first().copied().is_some_and(is_letter)
            && schema.iter().all(|byte| is_letter(*byte) || byte.is_ascii_digit());
        if !is_valid {
            return Err(ConnectError::InvalidSchema { schema: database.schema.clone() });
        }
        let pool = new_pool(database, database.max_connections)?;
        let database = Arc::new(database.clone());
        Ok(Self {
            database,
            pool,
            clock: Arc::new(Clock::new()),
            is_ready: Arc::default(),
            connecting: Arc::default(),
        })
    }

    /// Creates a pool of one connection to the same database. The connection belongs to the runtime
    /// that first uses it.
    pub(crate) fn single_connection(&self) -> Result<Self, ConnectError> {
        let pool = new_pool(&self.database, 1)?;
        Ok(Self { pool, connecting: Arc::default(), ..self.clone() })
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn schema(&self) -> &str {
        &self.database.schema
    }

    /// Creates or upgrades the tables, unless that has been done. The first operation calls this.
    pub(crate) async fn prepare(&self) -> Result<(), ConnectError> {
        let prepare = self.is_ready.get_or_try_init(|| async {
            let migrate =
                async { schema::migrate(&mut self.connect().await?, self.schema()).await };
            timeout(MAINTENANCE_TIMEOUT, migrate).await.unwrap_or(Err(Failure::TimedOut))
        });
        prepare.await.map(|_| ()).map_err(|failure| failure.into_connect_error(self.schema()))
    }

    /// Checks that the tables exist, without creating them.
    pub(crate) async fn check_existing(&self) -> Result<(), ConnectError> {
        let check = async {
            let mut connection = self.connect().await?;
            schema::check_existing(&mut connection, self.schema()).await
        };
        let checked = self.run(check).await;
        checked.map_err(|failure| failure.into_connect_error(self.schema()))
    }

    /// Runs an operation with the usual timeout.
    pub(crate) async fn run<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(OPERATION_TIMEOUT, operation).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// Runs an operation with the longer timeout for maintenance.
    pub(crate) async fn maintain<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(MAINTENANCE_TIMEOUT, operation).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// Returns a free connection, or opens one.
    pub(crate) async fn connection(&self) -> Result<Connection, Failure> {
        let mut attempt = Connecting { pool: self, is_done: false };
        let connection = self.prepare_and_connect().await;
        attempt.is_done = true;
        connection
    }

    async fn prepare_and_connect(&self) -> Result<Connection, Failure> {
        if !self.is_ready.initialized() {
            self.prepare().await.map_err(|error| Failure::Unusable(error.into()))?;
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        Ok(Connection::new(self.pool.get().await?, Arc::clone(&self.database)))
    }

    /// Opens a connection outside the pool. The caller drives it by polling its messages.
    pub(crate) async fn connect_unpooled(
        &self,
    ) -> Result<(Client, Messages), tokio_postgres::Error> {
        self.database.connector.open(&self.database.config).await
    }
}

/// Continues to connect in the background if the operation is dropped meanwhile. Otherwise, no put
/// would succeed where connecting takes longer than the core waits for a put, such as while the
/// first of several hosts drops packets.
struct Connecting<'a> {
    pool: &'a Pool,
    is_done: bool,
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.is_done {
            return;
        }
        // One task at a time, since an attempt that hangs occupies a place in the pool.
        let mut connecting = self.pool.connecting.lock().unwrap_or_else(PoisonError::into_inner);
        if connecting.as_ref().is_none_or(JoinHandle::is_finished) {
            let pool = self.pool.clone();
            *connecting = Some(runtime.spawn(async move {
                if let Err(failure) = pool.prepare_and_connect().await {
                    tracing::debug!(%failure, "connecting to the database failed");
                }
            }));
        }
    }
}

fn new_pool(database: &Database, size: usize) -> Result<deadpool_postgres::Pool, ConnectError> {
    // `Fast` only checks that a connection is open. That suffices, since failed connections never
    // return to the pool.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager =
        Manager::from_connect(database.config.clone(), database.connector.clone(), config);
    let timeouts = Timeouts {
        wait: Some(WAIT_TIMEOUT),
        create: Some(CONNECT_TIMEOUT),
        recycle: Some(WAIT_TIMEOUT),
    };
    deadpool_postgres::Pool::builder(manager)
        .max_size(size)
        .timeouts(timeouts)
        // Prefers the connections that were used last, whose statement caches are warm.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| ConnectError::Unusable(error.into()))
}

impl fmt::Debug for Pool {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.pool.status();
        f.debug_struct("Pool")
            .field("schema", &self.database.schema)
            .field("connections", &status.size)
            .field("max_connections", &status.max_size)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Asks the server to cancel the statement that a connection is running, in the background.
    pub(super) fn cancel(&self, token: CancelToken) {
        let Ok(runtime) = Handle::try_current() else { return };
        let connector = self.connector.clone();
        runtime.spawn(async move {
            // Without cancellation, the statement still ends by itself.
            let _ = timeout(CONNECT_TIMEOUT, connector.cancel(token)).await;
        });
    }

    /// Replaces `room_hooks` in a statement with the configured schema, quoted, since its name may
    /// be a keyword.
    pub(super) fn statement<'a>(&self, sql: &'a str) -> std::borrow::Cow<'a, str> {
        match self.schema.as_str() {
            "room_hooks" => sql.into(),
            schema => sql.replace("room_hooks.", &format!("\"{schema}\".")).into(),
        }
    }
}
