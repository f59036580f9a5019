//! Connections and their settings.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::schema;
use crate::error::OpenError;

/// How long a transaction waits for another process's transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// 3.38, the oldest SQLite with strict tables, `RETURNING` and built-in JSON functions.
const OLDEST_SQLITE: i32 = 3_038_000;

/// The size up to which a file is checked in full when it is opened, which takes about 100 ms.
const CHECKED_SIZE: u64 = 32 << 20;

/// Opens a file and checks that it is usable.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path)?;
    check(&connection, path)?;
    Ok(connection)
}

/// Checks that a file has the tables, without creating any.
pub(super) fn check_existing(path: &Path) -> Result<(), OpenError> {
    if let Err(error) = fs::metadata(path) {
        return Err(OpenError::Other { path: path.into(), source: error.into() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let of = |error| OpenError::new(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(of)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(of)?;
    match schema::exists(&connection).map_err(of)? {
        true => Ok(()),
        false => Err(OpenError::NoInbox { path: path.into() }),
    }
}

/// Opens a file without checking it for damage.
pub(super) fn connect(path: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite { version: rusqlite::version() });
    }
    let begun = Instant::now();
    // SQLite does not wait for the lock that it takes to enter the write-ahead mode, or to leave it
    // when the last process closes the file.
    loop {
        match try_connect(path) {
            Err(OpenError::Locked { .. }) if begun.elapsed() < BUSY_TIMEOUT => {
                sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

fn try_connect(path: &Path) -> Result<Connection, OpenError> {
    // Without `SQLITE_OPEN_URI`, a path that begins with `file:` is still a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let of = |error| OpenError::new(path, error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(of)?;
    let mode = configure(&connection).map_err(of)?;
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog { path: path.into(), mode });
    }
    schema::migrate(&mut connection, path)?;
    Ok(connection)
}

/// Sets the pragmas, and returns the journal mode that SQLite chose.
fn configure(connection: &Connection) -> rusqlite::Result<String> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // `trusted_schema`: the schema in the file is untrusted input. `fullfsync`: on macOS, a plain
    // fsync leaves data in the disk's cache. `wal_autocheckpoint`: ids and signatures are random,
    // so each put writes a page for each of them. A log of 16 MiB, four times the default, absorbs
    // more writes to the same page before it is copied to the file: 15% more puts per second with
    // 32 senders.
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000",
    )?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
}

/// Detects a damaged file when the program starts. Of a large file, only the roots of its tables
/// are read.
fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let of = |error| OpenError::new(path, error);
    // SQLite opens a read-only file without an error, and even begins a write transaction on it.
    connection
        .execute_batch(
            "BEGIN IMMEDIATE; UPDATE room_hooks_totals SET last_now = last_now; ROLLBACK",
        )
        .map_err(of)?;
    let is_small = fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_SIZE);
    if is_small {
        let found: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(of)?;
        if found != "ok" {
            return Err(OpenError::Corrupted { path: path.into(), source: found.into() });
        }
    }
    for table in ["events", "keys", "old_keys", "totals"] {
        let read = format!("SELECT EXISTS (SELECT * FROM room_hooks_{table})");
        connection.query_row(&read, [], |_| Ok(())).map_err(of)?;
    }
    Ok(())
}
