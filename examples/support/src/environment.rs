use std::{
    env::{self, VarError},
    sync::Arc,
};

use anyhow::Context;
use room_hooks::inbox::InboxStore;
use room_hooks_postgres::PostgresInbox;
use room_hooks_sqlite::SqliteInbox;

/// Returns an environment variable, or the default if it is not set.
///
/// # Errors
///
/// Fails if the value is not valid Unicode.
pub fn setting(name: &str, default: &str) -> anyhow::Result<String> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(default.to_owned()),
        setting => setting.with_context(|| name.to_owned()),
    }
}

/// Opens the inbox at the value of `ROOM_HOOKS_INBOX`: the path of a SQLite file, or the URL of a
/// PostgreSQL database.
///
/// # Errors
///
/// Fails if the inbox cannot be opened. The error does not repeat the URL, which may contain a
/// password.
pub async fn open_inbox(location: &str) -> anyhow::Result<Arc<dyn InboxStore>> {
    let is_url = location.starts_with("postgres://") || location.starts_with("postgresql://");
    Ok(match is_url {
        true => Arc::new(PostgresInbox::connect(location).await.context("ROOM_HOOKS_INBOX")?),
        false => Arc::new(SqliteInbox::open(location).context("ROOM_HOOKS_INBOX")?),
    })
}

/// Returns the number of attempts that fail for every event, from `ROOM_HOOKS_FAIL`.
pub(crate) fn failures() -> anyhow::Result<u32> {
    let failures = setting("ROOM_HOOKS_FAIL", "0")?;
    failures
        .parse()
        .with_context(|| format!("ROOM_HOOKS_FAIL is not a number of attempts: {failures}"))
}
