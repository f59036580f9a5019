//! Creates and upgrades the tables.

use std::time::Duration;

use tokio_postgres::types::ToSql;

use super::Connection;
use crate::error::{ConnectError, Failure};

/// The statements that create the tables of each version from those of the version before, starting
/// with version 1.
///
/// During a rolling update, programs of two versions share the tables, so a step only adds. A later
/// step may remove parts that no supported program uses, and raises [`MIN_PROGRAM_VERSION`].
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// The lowest table version that a program must support to use the newest tables.
const MIN_PROGRAM_VERSION: i32 = 1;

/// The advisory lock of all programs that create or upgrade a schema. It works even before the
/// schema exists.
const MIGRATION_LOCK: i64 = 0x726f_6f6d_686f_6f6b;

const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Creates or upgrades the tables. Any number of processes may call this at the same time.
pub(super) async fn migrate(connection: &mut Connection, schema: &str) -> Result<(), Failure> {
    check_server(connection).await?;
    if version(connection, schema).await? >= CURRENT_VERSION {
        // Otherwise, only the first put would detect a replica or missing privileges.
        return check_writable(connection).await;
    }
    connection.transaction().await?;
    let set_timeout = format!("SET LOCAL lock_timeout = {}", LOCK_TIMEOUT.as_millis());
    connection.execute(&set_timeout).await?;
    connection.query("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    // Another process may have migrated while this one waited.
    let version = version(connection, schema).await?;
    if version < CURRENT_VERSION {
        upgrade(connection, schema, version).await?;
    }
    connection.commit().await
}

/// Checks that the tables exist, in any version, without creating them.
pub(super) async fn check_existing(
    connection: &mut Connection,
    schema: &str,
) -> Result<(), Failure> {
    if version(connection, schema).await? == 0 {
        return Err(unusable(ConnectError::NoInbox { schema: schema.to_owned() }));
    }
    Ok(())
}

async fn upgrade(connection: &mut Connection, schema: &str, from: i32) -> Result<(), Failure> {
    // `CREATE SCHEMA IF NOT EXISTS` needs the privilege to create schemas even if the schema
    // exists.
    let exists = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if connection.query(exists, &[&schema]).await?.is_empty() {
        connection.execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or_default()) {
        connection.execute(step).await?;
    }
    connection
        .execute(
            "CREATE TABLE IF NOT EXISTS room_hooks.schema_version (version integer PRIMARY KEY, needed integer NOT NULL);
             DELETE FROM room_hooks.schema_version;",
        )
        .await?;
    let insert = "INSERT INTO room_hooks.schema_version (version, needed) VALUES ($1, $2)";
    let versions: [&(dyn ToSql + Sync); 2] = [&CURRENT_VERSION, &MIN_PROGRAM_VERSION];
    connection.query(insert, &versions).await?;
    Ok(())
}

const CURRENT_VERSION: i32 = STEPS.len() as i32;

/// Returns the version of the tables, or 0 if there are none. Fails if this program is too old for
/// them.
async fn version(connection: &mut Connection, schema: &str) -> Result<i32, Failure> {
    let exists = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    if connection.query(exists, &[&schema]).await?.is_empty() {
        return Ok(0);
    }
    let read = "SELECT version, needed FROM room_hooks.schema_version";
    let rows = connection.query(read, &[]).await?;
    let Some(row) = rows.first() else { return Ok(0) };
    let needed: i32 = row.try_get(1)?;
    if needed > CURRENT_VERSION {
        let schema = schema.to_owned();
        return Err(unusable(ConnectError::NewerSchema { schema, needed, known: CURRENT_VERSION }));
    }
    Ok(row.try_get(0)?)
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

/// Checks that this user may write to the tables. The statements delete no rows, but the server
/// checks the privilege to do so.
async fn check_writable(connection: &mut Connection) -> Result<(), Failure> {
    for table in ["events", "keys", "deliveries"] {
        connection.execute(&format!("DELETE FROM room_hooks.{table} WHERE false")).await?;
    }
    Ok(())
}

fn unusable(error: ConnectError) -> Failure {
    Failure::Unusable(error.into())
}
