use std::error::Error;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

/// Error that prevents this crate from using a database, usually found at start-up. The message says how to fix it.
///
/// No message contains the database URL, since that may contain a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not a PostgreSQL URL. The message does not quote the URL, not even the invalid part.
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

    /// The server is unreachable, rejected the login, or failed.
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
        "no permission to create or use the schema {schema}: connect once as a user who may create it, then \
         grant this user USAGE on the schema and ALL on its tables"
    )]
    NotAllowed {
        /// The schema.
        schema: String,
        /// The server's error.
        source: Box<dyn Error + Send + Sync>,
    },

    /// A newer, incompatible version of this crate created the tables.
    #[error(
        "the tables in the schema {schema} need version {needed}, but this program only supports version \
         {known}: update the program"
    )]
    NewerSchema {
        /// The schema.
        schema: String,
        /// The lowest table version that a program must support.
        needed: i32,
        /// The table version that this program supports.
        known: i32,
    },

    /// The schema contains no tables of this crate.
    #[error("no inbox in the schema {schema}: check the database and the schema")]
    NoInbox {
        /// The schema.
        schema: String,
    },

    /// The server is too old.
    #[error("PostgreSQL {version} is too old, version 12 or newer is required")]
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

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection to the database is free")]
    NoConnection,
    #[error("the database did not respond in time")]
    TimedOut,
    /// The server's message, without the detail and without the driver's error, which includes it: the detail may quote a
    /// row, and so data of users.
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
