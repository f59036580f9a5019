use std::{
    env::{self, VarError},
    error::Error,
};

use room_hooks_sqlite::SqliteInbox;

/// An environment variable; one that is there but unreadable is an error and not the default.
///
/// # Errors
///
/// It is not valid Unicode.
pub fn setting(name: &str, default: &str) -> Result<String, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(default.to_owned()),
        setting => setting,
    }
}

/// Opens the inbox that `ROOM_HOOKS_INBOX` names.
///
/// # Errors
///
/// It is not a file that can be opened.
pub fn open_inbox(path: &str) -> Result<SqliteInbox, Box<dyn Error>> {
    // The URL may hold a password, so it is not repeated.
    if path.starts_with("postgres://") || path.starts_with("postgresql://") {
        return Err("ROOM_HOOKS_INBOX is a URL of PostgreSQL, which the examples do not \
                    support yet: give it the path of a SQLite file"
            .into());
    }
    Ok(SqliteInbox::open(path)?)
}

/// How many attempts at every event `ROOM_HOOKS_FAIL` has fail.
pub(crate) fn failures() -> Result<u32, Box<dyn Error>> {
    let failures = setting("ROOM_HOOKS_FAIL", "0")?;
    let number = failures.parse();
    number.map_err(|_| format!("ROOM_HOOKS_FAIL is not a number of attempts: {failures}").into())
}
