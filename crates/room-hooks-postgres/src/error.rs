use std::{error::Error, fmt};

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// Why a database cannot be used. The operator's to mend, found at start-up.
///
/// Neither its text nor its source's holds the URL, since that may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of PostgreSQL. It is not shown, nor which part of it is wrong.
    #[error(
        "the URL of the database is not valid, expected postgres://[user[:password]@][host][:port][/database]: \
         percent-encode special characters in the password"
    )]
    InvalidUrl,

    /// The name of the schema is not one that needs no quotes.
    #[error(
        "the schema {schema:?} is not valid: use lower-case letters, digits and underscores, at most 63, \
         and no digit first"
    )]
    InvalidSchema {
        /// The name.
        schema: String,
    },

    /// The server cannot be reached, does not let us in, or failed.
    #[error("the database cannot be used")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),

    /// The server takes no writes, as a replica does.
    #[error(
        "the database is read-only: connect to the primary server, as with target_session_attrs=read-write"
    )]
    ReadOnly,

    /// This user may not create the tables, or not use them.
    #[error(
        "this user may not use the schema {schema}, or not create it: let a user who may connect once, and grant \
         this one USAGE on the schema and ALL on its tables"
    )]
    NotAllowed {
        /// The schema.
        schema: String,
        /// What the server says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The tables were made by a newer version of this crate, which this one would damage.
    #[error(
        "the tables in the schema {schema} need version {needed}, and this program knows {known}: update the program"
    )]
    NewerSchema {
        /// The schema.
        schema: String,
        /// The oldest version that a program must know.
        needed: i32,
        /// The one that this program knows.
        known: i32,
    },

    /// There are no tables of this crate in the schema.
    #[error("the schema {schema} holds no inbox: check the database and the schema")]
    NoInbox {
        /// The schema.
        schema: String,
    },

    /// The server is too old.
    #[error("PostgreSQL {version} is too old, 12 is needed")]
    OldServer {
        /// Its version.
        version: String,
    },

    /// The database cannot hold every text.
    #[error("the database has the encoding {encoding}, and UTF8 is needed")]
    NotUtf8 {
        /// Its encoding.
        encoding: String,
    },
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection to the database is free")]
    NoConnection,
    #[error("the database has not answered in time")]
    TimedOut,
    /// The server's own words, which the error of the driver keeps to its source.
    #[error("{message}")]
    Server { code: SqlState, message: Message, source: tokio_postgres::Error },
    #[error("the connection to the database failed")]
    Driver(#[source] Box<dyn Error + Send + Sync>),
    #[error("the database cannot be used")]
    Unusable(#[source] Box<ConnectError>),
}

/// What the server says, in short: neither hint nor detail, which may quote a row.
#[derive(Debug)]
pub(crate) struct Message(String, String);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.1)
    }
}

impl Failure {
    pub(crate) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Server { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the disk has no room.
    pub(crate) fn is_full(&self) -> bool {
        self.code() == Some(&SqlState::DISK_FULL)
    }

    /// What an operator is told at start-up.
    pub(crate) fn at_start(self, schema: &str) -> ConnectError {
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
        let Some(said) = error.as_db_error() else { return Self::Driver(error.into()) };
        let code = said.code().clone();
        let message = Message(said.message().to_owned(), code.code().to_owned());
        Self::Server { code, message, source: error }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(_) => Self::NoConnection,
            PoolError::Backend(error) => error.into(),
            other => Self::Driver(other.into()),
        }
    }
}
