use std::error::Error;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

/// Error that prevents this crate from using a database, usually found at start-up. The message
/// says how to fix it.
///
/// No message contains the database URL, since that may contain a password.
///
/// ```
/// use room_hooks_postgres::{ConnectError, Database, PostgresInbox};
///
/// // The scheme is missing.
/// let error = Database::new("db.internal:5432/hooks").unwrap_err();
/// assert!(matches!(error, ConnectError::InvalidUrl));
///
/// let database = Database::new("postgres://db.internal/hooks").unwrap().with_schema("My Hooks");
/// let error = PostgresInbox::connect_lazily(&database).unwrap_err();
/// assert!(matches!(error, ConnectError::InvalidSchema { .. }));
/// assert!(error.to_string().contains("use at most 63 lowercase letters"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not a PostgreSQL URL. The message does not quote the URL, not even the invalid
    /// part.
    #[error(
        "invalid database URL, expected postgres://[user[:password]@][host][:port][/database]: \
         percent-encode special characters in the password"
    )]
    InvalidUrl,

    /// The schema name has a form that this crate does not accept.
    #[error(
        "invalid schema name {schema:?}: use at most 63 lowercase letters, digits and underscores, \
         starting with a letter or an underscore"
    )]
    InvalidSchema {
        /// The rejected name.
        schema: String,
    },

    /// The server is unreachable, rejected the login or failed.
    #[error("cannot use the database")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),

    /// The server rejects writes, for example because it is a replica.
    #[error(
        "the database is read-only: connect to the primary, for example with \
         target_session_attrs=read-write"
    )]
    ReadOnly,

    /// The user lacks the privileges to create or use the tables.
    #[error(
        "no permission to create or use the schema {schema}: connect once as a user that may \
         create it, then grant this user USAGE on the schema and ALL on its tables"
    )]
    NotAllowed {
        /// The schema.
        schema: String,
        /// The server's error.
        source: Box<dyn Error + Send + Sync>,
    },

    /// A newer, incompatible version of this crate created the tables.
    #[error(
        "the tables in the schema {schema} need version {needed}, but this program supports only \
         version {known}: update the program"
    )]
    NewerSchema {
        /// The schema.
        schema: String,
        /// The lowest table version that a program must support.
        needed: i32,
        /// The table version that this program supports.
        known: i32,
    },

    /// The schema contains none of this crate's tables.
    #[error("no inbox in the schema {schema}: check the database and the schema")]
    NoInbox {
        /// The schema.
        schema: String,
    },

    /// The server is too old.
    #[error("PostgreSQL {version} is too old; version 12 or newer is required")]
    OldServer {
        /// The server's version.
        version: String,
    },

    /// The database cannot store every Unicode string.
    #[error("the database has the encoding {encoding}, but UTF8 is required")]
    NotUtf8 {
        /// The database's encoding.
        encoding: String,
    },
}

/// The reason why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no free database connection")]
    NoConnection,
    #[error("the database did not respond in time")]
    TimedOut,
    /// The server's message. Omits the detail, and the driver's error that includes it, since the
    /// detail may quote a row and so users' data.
    #[error("{message} ({})", code.code())]
    Server { code: SqlState, message: String },
    #[error("database connection failed")]
    Driver(#[source] Box<dyn Error + Send + Sync>),
    #[error("cannot use the database")]
    Unusable(#[source] Box<ConnectError>),
}

impl Failure {
    pub(crate) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Server { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the server's disk is full.
    pub(crate) fn is_full(&self) -> bool {
        self.code() == Some(&SqlState::DISK_FULL)
    }

    pub(crate) fn into_connect_error(self, schema: &str) -> ConnectError {
        let schema = schema.to_owned();
        match self {
            Self::Unusable(error) => *error,
            Self::Server { code: SqlState::INSUFFICIENT_PRIVILEGE, .. } => {
                ConnectError::NotAllowed { schema, source: self.into() }
            }
            Self::Server { code: SqlState::READ_ONLY_SQL_TRANSACTION, .. } => {
                ConnectError::ReadOnly
            }
            _ => ConnectError::Unusable(self.into()),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(server_error) = error.as_db_error() else { return Self::Driver(error.into()) };
        Self::Server {
            code: server_error.code().clone(),
            message: server_error.message().to_owned(),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::NoConnection,
            PoolError::Timeout(_) => Self::TimedOut,
            PoolError::Backend(error) => error.into(),
            other => Self::Driver(other.into()),
        }
    }
}
