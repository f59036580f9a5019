//! A connection, and what every one of them is set to.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::schema;
use crate::error::OpenError;

/// For how long a transaction waits for that of another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The oldest SQLite with strict tables, `RETURNING` and functions for JSON.
const OLDEST_SQLITE: i32 = 3_038_000;

/// Up to which size a file is read through when it is opened, which takes some 100 ms.
const CHECKED_SIZE: u64 = 32 << 20;

/// Opens a file and checks that it can be used.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path)?;
    check(&connection, path)?;
    Ok(connection)
}

/// Checks that a file has the tables, without making any.
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

/// Opens a file.
pub(super) fn connect(path: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite { version: rusqlite::version() });
    }
    let begun = Instant::now();
    // Entering the write-ahead mode, and leaving it when the last process closes the file, takes a lock that SQLite
    // does not wait for.
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
    // Not `SQLITE_OPEN_URI`: a path is a path.
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

/// Returns the journal mode.
fn configure(connection: &Connection) -> rusqlite::Result<String> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // What a file says about its schema is data. `fullfsync` is for macOS, where a mere fsync leaves data in the
    // cache of the disk. Ids and signatures are random, so that a put writes a page of each: in a log of 16 MiB, four
    // times what is usual, the same page is written more often before it is copied to the file. With 32 senders that is
    // 15 % more puts a second.
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000",
    )?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
}

/// Finds a damaged file when the program starts. A large one is not read through, only the roots of its tables.
fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let of = |error| OpenError::new(path, error);
    // SQLite opens a read-only file, and even begins to write to it.
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
