use std::{error::Error, path::PathBuf};

use rusqlite::ErrorCode;

/// The reason why a database cannot be opened. The operator must fix it before the program can
/// start.
///
/// The message names the file and says what to do. The [source](Error::source) is the error from
/// SQLite or the operating system.
///
/// ```
/// use std::error::Error;
/// use room_hooks_sqlite::{OpenError, SqliteInbox};
///
/// let error = SqliteInbox::open("no-such-directory/rooms.db").unwrap_err();
/// assert!(matches!(error, OpenError::Other { .. }));
/// assert_eq!(error.to_string(), "no-such-directory/rooms.db cannot be opened");
/// assert!(error.source().is_some());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is not a SQLite database, or its header is damaged.
    #[error("{path} is not a SQLite database: choose another path, or restore a backup")]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        source: Box<dyn Error + Send + Sync>,
    },

    /// Pages of the database are damaged.
    #[error(
        "{path} is damaged: restore a backup, or save the data that `sqlite3 {path} .recover` \
         can read"
    )]
    Corrupted {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        source: Box<dyn Error + Send + Sync>,
    },

    /// This process may not write to the file or its directory.
    #[error(
        "{path} is read-only: let this process write the file and its directory, since SQLite \
         keeps two more files next to it"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        source: Box<dyn Error + Send + Sync>,
    },

    /// A newer version of this crate has changed the tables, and this version would damage them.
    #[error(
        "the tables in {path} need version {needed} of the schema, but this program supports \
         {known}: update the program"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The oldest version of the schema that a program must support.
        needed: i64,
        /// The newest version that this program supports.
        known: i64,
    },

    /// The database exists, but has none of this crate's tables.
    #[error("{path} contains no inbox: check the path")]
    NoInbox {
        /// The file.
        path: PathBuf,
    },

    /// The database cannot use a write-ahead log, because it is in memory or on a network file
    /// system without shared memory, for example.
    #[error(
        "{path} does not support a write-ahead log, only the journal mode {mode}: choose a file on \
         a local disk"
    )]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The journal mode that SQLite chose instead.
        mode: String,
    },

    /// Another process has locked the file for longer than this one waits (5 s).
    #[error("{path} is locked: find the process that holds a transaction open")]
    Locked {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The linked SQLite is too old.
    #[error("SQLite {version} is too old; 3.38 is required: enable the feature `bundled`")]
    OldSqlite {
        /// The version of the linked SQLite.
        version: &'static str,
    },

    /// Any other failure, such as a directory that does not exist.
    #[error("{path} cannot be opened")]
    Other {
        /// The file.
        path: PathBuf,
        /// The error from SQLite or the operating system.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl OpenError {
    pub(crate) fn new(path: impl Into<PathBuf>, error: rusqlite::Error) -> Self {
        let (path, code) = (path.into(), error.sqlite_error_code());
        let source = error.into();
        match code {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path, source },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupted { path, source },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path, source }
            }
            // The file exists, but SQLite cannot create the two files next to it.
            Some(ErrorCode::CannotOpen) if path.is_file() => Self::ReadOnly { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { path, source }
            }
            _ => Self::Other { path, source },
        }
    }
}
