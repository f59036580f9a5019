use std::{error::Error, path::PathBuf};

use rusqlite::ErrorCode;

/// Why a database cannot be opened. The operator must fix it before the program can start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is something else, or its header is damaged.
    #[error("{path} is not a SQLite database: choose another path, or restore a backup")]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The file is a database, and pages of it are damaged.
    #[error("{path} is damaged: restore a backup, or save what `sqlite3 {path} .recover` can read")]
    Corrupted {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// This process may not write the file.
    #[error(
        "{path} is read-only: let this process write the file and its directory, since SQLite \
         keeps two more files beside it"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The tables were made by a newer version of this crate, which this one would damage.
    #[error(
        "the tables in {path} need version {needed} of the schema, and this program knows \
         {known}: update the program"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The oldest version of the schema that a program must know.
        needed: i64,
        /// The one that this program knows.
        known: i64,
    },

    /// The database exists and has no tables of this crate.
    #[error("{path} holds no inbox: check the path")]
    NoInbox {
        /// The file.
        path: PathBuf,
    },

    /// The database cannot have a write-ahead log, as in memory or on some network file systems.
    #[error(
        "{path} cannot have a write-ahead log, only the journal mode {mode}: choose a file on a \
         local disk"
    )]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The mode that SQLite has chosen.
        mode: String,
    },

    /// Another process has locked the file for longer than this one waits.
    #[error("{path} is locked: find the process that holds a transaction open")]
    Locked {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The SQLite of this system is too old.
    #[error("SQLite {version} is too old, 3.38 is needed: enable the feature `bundled`")]
    OldSqlite {
        /// Its version.
        version: &'static str,
    },

    /// Anything else, such as a directory that does not exist.
    #[error("{path} cannot be opened")]
    Other {
        /// The file.
        path: PathBuf,
        /// What SQLite, or the operating system, says.
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
            // It is there, and the two files beside it cannot be made.
            Some(ErrorCode::CannotOpen) if path.is_file() => Self::ReadOnly { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { path, source }
            }
            _ => Self::Other { path, source },
        }
    }
}
