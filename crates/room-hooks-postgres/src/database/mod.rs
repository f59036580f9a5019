//! Connections to PostgreSQL: configuration, pool, timeouts and schema.

mod connection;
mod connector;
mod pool;
mod schema;

use std::{fmt, time::Duration};

use tokio_postgres::{
    Config, NoTls, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

pub(crate) use self::{
    connection::Connection,
    pool::{CONNECT_TIMEOUT, MAINTENANCE_TIMEOUT, Pool},
};
use self::{
    connector::{SharedConnector, TlsConnector},
    pool::HOST_TIMEOUT,
};

use crate::error::ConnectError;

/// Configuration of a PostgreSQL database. Creating one opens no connection.
///
/// ```
/// use room_hooks_postgres::{ConnectError, Database, PostgresInbox};
///
/// async fn inbox(url: &str) -> Result<PostgresInbox, ConnectError> {
///     let database = Database::new(url)?.with_schema("billing_hooks").with_max_connections(32);
///     PostgresInbox::connect_with(&database).await
/// }
/// ```
#[derive(Clone)]
pub struct Database {
    config: Config,
    connector: SharedConnector,
    schema: String,
    max_connections: usize,
}

impl Database {
    /// Parses a URL or a libpq connection string.
    ///
    /// The form of the URL is
    /// `postgres://[user[:password]@][host][:port][/database][?param=value]`.
    ///
    /// To find the primary after a failover, list several hosts and add
    /// `target_session_attrs=read-write`.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::InvalidUrl`] if the URL is invalid.
    pub fn new(url: &str) -> Result<Self, ConnectError> {
        // The original error is discarded, since it may quote a part of the password.
        let config = url.parse::<Config>().map_err(|_| ConnectError::InvalidUrl)?;
        Ok(Self::from_config(config))
    }

    /// Creates a configuration from a `tokio_postgres` configuration.
    ///
    /// Sets a connect timeout of 1 s for each host, TCP keepalives after 30 s and an application
    /// name, unless `config` sets its own.
    #[must_use]
    pub fn from_config(mut config: Config) -> Self {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(HOST_TIMEOUT);
        }
        // The default is two hours, but firewalls drop idle connections much sooner.
        if config.get_keepalives_idle() >= Duration::from_secs(2 * 60 * 60) {
            config.keepalives_idle(Duration::from_secs(30));
        }
        if config.get_application_name().is_none() {
            config.application_name("room-hooks");
        }
        let schema = "room_hooks".into();
        Self {
            config,
            connector: SharedConnector::new(TlsConnector(NoTls)),
            schema,
            max_connections: 16,
        }
    }

    /// Sets the TLS implementation. Without one, connections are unencrypted, and `sslmode=require`
    /// is rejected.
    ///
    /// The crates `tokio-postgres-rustls`, `postgres-native-tls` and `postgres-openssl` provide
    /// implementations.
    #[must_use]
    pub fn with_tls<T>(mut self, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.connector = SharedConnector::new(TlsConnector(tls));
        self
    }

    /// Sets the schema that contains the tables; `room_hooks` by default. A missing schema is
    /// created.
    ///
    /// Processes with the same schema share one inbox. Unrelated services need different schemas or
    /// databases.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Sets the maximum number of pooled connections; 16 by default. Listening for notifications
    /// and renewing leases use one more connection each. An operation waits at most 1 s for a free
    /// connection.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }
}

impl fmt::Debug for Database {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("schema", &self.schema)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
