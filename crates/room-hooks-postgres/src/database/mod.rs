//! Connections, and what every operation needs: a deadline, and a connection that another can use afterwards.

mod connection;
mod dial;
mod pool;
mod schema;

use std::{fmt, time::Duration};

use tokio_postgres::{
    Config, NoTls, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

use self::dial::{Dialer, SharedDialer};
pub(crate) use self::{
    connection::Connection,
    pool::{CONNECTING, Pool},
};
use crate::error::ConnectError;

/// How a database is reached. Nothing is connected yet.
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
    dialer: SharedDialer,
    schema: String,
    max_connections: usize,
}

impl Database {
    /// Takes the URL of a database, `postgres://[user[:password]@][host][:port][/database][?param=value]`, or what libpq
    /// calls a connection string. Several hosts with `target_session_attrs=read-write` find the primary after a
    /// failover.
    ///
    /// # Errors
    ///
    /// The URL is not valid.
    pub fn new(url: &str) -> Result<Self, ConnectError> {
        // The error may quote a part of the URL, which may be a part of the password.
        let config = url.parse::<Config>().map_err(|_| ConnectError::InvalidUrl)?;
        Ok(Self::from_config(config))
    }

    /// Takes what the URL would say.
    #[must_use]
    pub fn from_config(mut config: Config) -> Self {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING);
        }
        // The default of two hours is the system's. What a firewall has forgotten is to be found sooner.
        if config.get_keepalives_idle() >= Duration::from_secs(2 * 60 * 60) {
            config.keepalives_idle(Duration::from_secs(30));
        }
        if config.get_application_name().is_none() {
            config.application_name("room-hooks");
        }
        let schema = "room_hooks".into();
        Self { config, dialer: SharedDialer::new(Dialer(NoTls)), schema, max_connections: 16 }
    }

    /// Encrypts connections. Without it there is no TLS, and a URL with `sslmode=require` is refused.
    ///
    /// The crates `tokio-postgres-rustls`, `postgres-native-tls` and `postgres-openssl` have such a `tls`.
    #[must_use]
    pub fn with_tls<T>(mut self, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.dialer = SharedDialer::new(Dialer(tls));
        self
    }

    /// Sets the schema that holds the tables; by default `room_hooks`. It is created if there is none. Services that do
    /// not handle the same deliveries for one another need different schemas, or different databases.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Sets how many connections there may be, by default 16, besides one that listens and one that renews leases. An
    /// operation waits at most 1 s for one of them.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }
}

impl fmt::Debug for Database {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("schema", &self.schema)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}
