use std::{fmt, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, QueueMode, RecyclingMethod, Runtime, Timeouts};
use tokio::{runtime::Handle, sync::OnceCell, time::timeout};
use tokio_postgres::{CancelToken, Client};

use super::{Database, connection::Connection, dial::Messages, schema};
use crate::{
    clock::Clock,
    error::{ConnectError, Failure},
};

/// How long an operation waits for a connection that is free.
const WAITING: Duration = Duration::from_secs(1);

/// How long it may take to connect.
pub(crate) const CONNECTING: Duration = Duration::from_secs(3);

/// How long an operation may take, with all that it needs. The core gives up a put sooner.
const OPERATION: Duration = Duration::from_secs(10);

/// Counting, pruning and migrating may take longer.
const MAINTENANCE: Duration = Duration::from_secs(60);

/// Connections to a database, made as they are needed, and its clock.
#[derive(Clone)]
pub(crate) struct Pool {
    database: Arc<Database>,
    pool: deadpool_postgres::Pool,
    clock: Arc<Clock>,
    /// Whether the tables are known to be there.
    is_ready: Arc<OnceCell<()>>,
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
        let pool = pool_of(database, database.max_connections)?;
        let database = Arc::new(database.clone());
        Ok(Self { database, pool, clock: Arc::new(Clock::new()), is_ready: Arc::default() })
    }

    /// Another connection to the same database, which belongs to the runtime that first needs it.
    pub(crate) fn another(&self) -> Result<Self, ConnectError> {
        Ok(Self { pool: pool_of(&self.database, 1)?, ..self.clone() })
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn schema(&self) -> &str {
        &self.database.schema
    }

    /// Makes the tables, or brings them up to date. The first operation does so.
    pub(crate) async fn prepare(&self) -> Result<(), ConnectError> {
        let prepare = self.is_ready.get_or_try_init(|| async {
            let migrate =
                async { schema::migrate(&mut self.connect().await?, self.schema()).await };
            timeout(MAINTENANCE, migrate).await.unwrap_or(Err(Failure::TimedOut))
        });
        prepare.await.map(|_| ()).map_err(|failure| failure.at_start(self.schema()))
    }

    /// Fails unless there are tables, and makes none.
    pub(crate) async fn check_existing(&self) -> Result<(), ConnectError> {
        let check = async {
            let mut connection = self.connect().await?;
            schema::check_existing(&mut connection, self.schema()).await
        };
        let checked = self.run(check).await;
        checked.map_err(|failure| failure.at_start(self.schema()))
    }

    /// A connection, for one operation within a deadline that this begins.
    pub(crate) async fn run<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(OPERATION, operation).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// The same, for what may take longer.
    pub(crate) async fn maintain<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(MAINTENANCE, operation).await.unwrap_or(Err(Failure::TimedOut))
    }

    pub(crate) async fn connection(&self) -> Result<Connection, Failure> {
        if !self.is_ready.initialized() {
            self.prepare().await.map_err(|error| Failure::Unusable(error.into()))?;
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        Ok(Connection::new(self.pool.get().await?, Arc::clone(&self.database)))
    }

    /// A connection outside the pool, which is driven by whoever polls its messages.
    pub(crate) async fn dial(&self) -> Result<(Client, Messages), tokio_postgres::Error> {
        self.database.dialer.dial(&self.database.config).await
    }
}

fn pool_of(database: &Database, size: usize) -> Result<deadpool_postgres::Pool, ConnectError> {
    // A connection that failed is not returned to the pool, and one that has been closed since is noticed.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(database.config.clone(), database.dialer.clone(), config);
    let timeouts =
        Timeouts { wait: Some(WAITING), create: Some(CONNECTING), recycle: Some(WAITING) };
    deadpool_postgres::Pool::builder(manager)
        .max_size(size)
        .timeouts(timeouts)
        // Few connections that are warm, rather than all in turn.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| ConnectError::Unusable(error.into()))
}

impl fmt::Debug for Pool {
    /// Without the URL, which may hold a password.
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
    /// Has the server end what it runs on a connection, without waiting for that.
    pub(super) fn cancel(&self, connection: CancelToken) {
        let Ok(runtime) = Handle::try_current() else { return };
        let dialer = self.dialer.clone();
        runtime.spawn(async move {
            // If that fails, the statement ends by itself.
            let _ = timeout(CONNECTING, dialer.cancel(connection)).await;
        });
    }

    /// A statement, with the schema that it is about.
    pub(super) fn statement<'a>(&self, sql: &'a str) -> std::borrow::Cow<'a, str> {
        match self.schema.as_str() {
            "room_hooks" => sql.into(),
            schema => sql.replace("room_hooks.", &format!("\"{schema}\".")).into(),
        }
    }
}
