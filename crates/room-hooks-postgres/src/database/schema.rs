//! The tables, and how older ones become current.

use std::time::Duration;

use tokio_postgres::types::ToSql;

use super::Connection;
use crate::error::{ConnectError, Failure};

/// What makes the tables of each version from those of the one before, from version 1. Programs of both versions
/// share a database while they are updated, so a step only adds. What nobody needs any more is removed by a later one,
/// which raises [`NEEDED`].
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// The oldest version whose programs can use the tables of the newest.
const NEEDED: i32 = 1;

/// What all programs lock that change a schema: it need not exist for that.
const LOCK: i64 = 0x726f_6f6d_686f_6f6b;

/// For how long one waits for another to change it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the tables, or brings them up to date. Any number of processes may do so at once.
pub(super) async fn migrate(connection: &mut Connection, schema: &str) -> Result<(), Failure> {
    check_server(connection).await?;
    let found = version(connection, schema).await?;
    if found.is_current() {
        // As a replica or a user without rights would be found only by the first put.
        return check_writable(connection).await;
    }
    connection.transaction().await?;
    let patience = format!("SET LOCAL lock_timeout = {}", PATIENCE.as_millis());
    connection.execute(&patience).await?;
    connection.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    // Another process may have been first.
    let found = version(connection, schema).await?;
    if !found.is_current() {
        upgrade(connection, schema, found.version).await?;
    }
    connection.commit().await
}

/// Fails unless there are tables, of any version, and makes none.
pub(super) async fn check_existing(
    connection: &mut Connection,
    schema: &str,
) -> Result<(), Failure> {
    match version(connection, schema).await?.version {
        0 => Err(unusable(ConnectError::NoInbox { schema: schema.to_owned() })),
        _ => Ok(()),
    }
}

async fn upgrade(connection: &mut Connection, schema: &str, from: i32) -> Result<(), Failure> {
    let exists = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if connection.query(exists, &[&schema]).await?.is_empty() {
        connection.execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or_default()) {
        connection.execute(step).await?;
    }
    connection
        .execute(
            "CREATE TABLE IF NOT EXISTS room_hooks.schema_version (version integer NOT NULL, needed integer NOT NULL);
             DELETE FROM room_hooks.schema_version;",
        )
        .await?;
    let insert = "INSERT INTO room_hooks.schema_version (version, needed) VALUES ($1, $2)";
    let versions: [&(dyn ToSql + Sync); 2] = [&known(), &NEEDED];
    connection.query(insert, &versions).await?;
    Ok(())
}

fn known() -> i32 {
    STEPS.len() as i32
}

struct Version {
    version: i32,
}

impl Version {
    fn is_current(&self) -> bool {
        self.version >= known()
    }
}

/// The version of the tables, 0 if there are none. A failure if this program cannot use them.
async fn version(connection: &mut Connection, schema: &str) -> Result<Version, Failure> {
    let exists = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    if connection.query(exists, &[&schema]).await?.is_empty() {
        return Ok(Version { version: 0 });
    }
    let read = "SELECT version, needed FROM room_hooks.schema_version";
    let rows = connection.query(read, &[]).await?;
    let Some(row) = rows.first() else { return Ok(Version { version: 0 }) };
    let needed: i32 = row.try_get(1)?;
    if needed > known() {
        let schema = schema.to_owned();
        return Err(unusable(ConnectError::NewerSchema { schema, needed, known: known() }));
    }
    Ok(Version { version: row.try_get(0)? })
}

async fn check_server(connection: &mut Connection) -> Result<(), Failure> {
    let row = connection
        .query_one(
            "SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
                current_setting('server_encoding')",
            &[],
        )
        .await?;
    let (number, version, encoding): (i32, _, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if number < 120_000 {
        return Err(unusable(ConnectError::OldServer { version }));
    }
    if encoding != "UTF8" {
        return Err(unusable(ConnectError::NotUtf8 { encoding }));
    }
    Ok(())
}

/// Deletes nothing: the server checks all the same whether it could.
async fn check_writable(connection: &mut Connection) -> Result<(), Failure> {
    for table in ["events", "keys", "deliveries"] {
        connection.execute(&format!("DELETE FROM room_hooks.{table} WHERE false")).await?;
    }
    Ok(())
}

fn unusable(error: ConnectError) -> Failure {
    Failure::Unusable(error.into())
}
