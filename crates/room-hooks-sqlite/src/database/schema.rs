//! The tables and their migrations.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::error::OpenError;

/// The migrations. Each creates the tables of its version from those of the version before,
/// starting with version 1. During an update, programs of both versions share the file, so a step
/// only adds. A later step removes unused parts and raises [`NEEDED`].
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// The oldest version that a program must support to use the newest tables.
const NEEDED: i64 = 1;

/// Creates the tables or brings them up to date. Any number of processes may do so at once.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let known = STEPS.len() as i64;
    let of = |error| OpenError::new(path, error);
    let found = version(connection).map_err(of)?;
    check(found, path)?;
    if found.version >= known {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
    // Another process may have been first.
    let found = version(&transaction).map_err(of)?;
    check(found, path)?;
    upgrade(transaction, found.version).map_err(of)
}

fn upgrade(transaction: Transaction<'_>, from: i64) -> rusqlite::Result<()> {
    let steps = STEPS.iter().skip(usize::try_from(from).unwrap_or_default());
    if steps.len() > 0 {
        for step in steps {
            transaction.execute_batch(step)?;
        }
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS room_hooks_schema (version INTEGER NOT NULL, needed INTEGER NOT NULL) STRICT;
             DELETE FROM room_hooks_schema;",
        )?;
        transaction.execute(
            "INSERT INTO room_hooks_schema VALUES (?1, ?2)",
            [STEPS.len() as i64, NEEDED],
        )?;
    }
    transaction.commit()
}

#[derive(Clone, Copy)]
struct Version {
    version: i64,
    needed: i64,
}

/// The version of the tables, or 0 if there are none.
fn version(connection: &Connection) -> rusqlite::Result<Version> {
    let found = exists(connection)?.then(|| {
        let read = "SELECT version, needed FROM room_hooks_schema";
        let row = connection
            .query_row(read, [], |row| Ok(Version { version: row.get(0)?, needed: row.get(1)? }));
        row.optional()
    });
    Ok(found.transpose()?.flatten().unwrap_or(Version { version: 0, needed: 0 }))
}

/// Whether the tables exist, in any version.
pub(super) fn exists(connection: &Connection) -> rusqlite::Result<bool> {
    let exists = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'room_hooks_schema')";
    connection.query_row(exists, [], |row| row.get(0))
}

fn check(found: Version, path: &Path) -> Result<(), OpenError> {
    let known = STEPS.len() as i64;
    if found.needed > known {
        return Err(OpenError::NewerSchema { path: path.into(), needed: found.needed, known });
    }
    Ok(())
}
