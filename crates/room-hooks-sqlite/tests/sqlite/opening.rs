//! Errors when a file cannot be used.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    thread,
};

use room_hooks::inbox::InboxStore;
use room_hooks_sqlite::{OpenError, SqliteInbox, SqliteStore};

use crate::{chain, child::Child, event, file::File};

#[track_caller]
fn refused(file: &File) -> OpenError {
    assert!(SqliteStore::open(file.path()).is_err());
    SqliteInbox::open(file.path()).unwrap_err()
}

#[test]
fn a_file_that_is_not_a_database_is_refused_and_left_alone() {
    let file = File::new();
    fs::write(file.path(), "a diary ".repeat(1000)).unwrap();
    let error = refused(&file);
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("choose another path"));
    assert!(fs::read_to_string(file.path()).unwrap().starts_with("a diary"));
}

#[test]
fn a_directory_that_does_not_exist_is_named() {
    let file = File::new();
    let error = SqliteInbox::open(file.path().join("missing/rooms.db")).unwrap_err();
    assert!(error.to_string().contains("missing/rooms.db"), "{error}");
    assert!(chain(&error).contains("unable to open"), "{}", chain(&error));
}

#[test]
fn a_tool_creates_neither_a_file_nor_tables() {
    let file = File::new();
    let error = SqliteInbox::open_existing(file.path()).unwrap_err();
    assert!(chain(&error).contains("No such file"), "{}", chain(&error));
    assert!(!file.path().exists());
    fs::write(file.path(), "").unwrap();
    let error = SqliteInbox::open_existing(file.path()).unwrap_err();
    assert!(matches!(error, OpenError::NoInbox { .. }), "{error:?}");
    assert_eq!(fs::metadata(file.path()).unwrap().len(), 0);
    drop(SqliteInbox::open(file.path()).unwrap());
    SqliteInbox::open_existing(file.path()).unwrap();
}

#[test]
fn a_database_in_memory_is_refused_since_it_is_not_durable() {
    for path in [":memory:", ""] {
        let error = SqliteInbox::open(path).unwrap_err();
        assert!(matches!(error, OpenError::NoWriteAheadLog { .. }), "{error:?}");
    }
}

/// Root may write every file. As root, the test therefore opens it as another user.
#[tokio::test]
async fn a_read_only_file_or_directory_is_refused() {
    for mode in [0o555, 0o777] {
        let file = File::new();
        file.inbox().put(event(1)).await.unwrap();
        file.wait_until_closed();
        let directory = file.path().parent().unwrap();
        fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(file.path(), Permissions::from_mode(0o444)).unwrap();
        let is_root = fs::OpenOptions::new().write(true).open(file.path()).is_ok();
        let error = if !is_root {
            format!("{:?}", refused(&file))
        } else if let Some(child) = Child::start_as_nobody("open", &file) {
            child.finish().remove(0)
        } else {
            return;
        };
        assert!(error.starts_with("ReadOnly"), "{mode:o}: {error}");
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
}

/// A flag in the header, which applies to root, too.
#[tokio::test]
async fn a_file_whose_header_makes_it_read_only_is_refused() {
    let file = File::new();
    file.inbox().put(event(1)).await.unwrap();
    file.wait_until_closed();
    let mut bytes = fs::read(file.path()).unwrap();
    bytes[18] = 3;
    fs::write(file.path(), bytes).unwrap();
    let error = refused(&file);
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("let this process write"));
}

#[test]
fn a_newer_schema_is_refused_unless_it_supports_this_version() {
    let file = File::new();
    drop(file.inbox());
    let set = |version, needed| {
        file.connection()
            .execute("UPDATE room_hooks_schema SET version = ?1, needed = ?2", [version, needed])
            .unwrap();
    };
    set(7, 1);
    drop(file.inbox());
    set(7, 6);
    let error = refused(&file);
    assert!(matches!(error, OpenError::NewerSchema { needed: 6, .. }), "{error:?}");
    assert!(error.to_string().contains("update the program"));
}

#[tokio::test]
async fn a_file_with_other_tables_keeps_them() {
    let file = File::new();
    file.connection().execute_batch("CREATE TABLE own (a); INSERT INTO own VALUES (7)").unwrap();
    file.inbox().put(event(1)).await.unwrap();
    let own: i64 = file.connection().query_row("SELECT a FROM own", [], |row| row.get(0)).unwrap();
    assert_eq!(own, 7);
}

/// A service may start one process per core.
#[test]
fn several_processes_open_a_new_file_at_once() {
    for _ in 0..5 {
        let file = File::new();
        thread::scope(|scope| {
            let open = |_| scope.spawn(|| drop(SqliteInbox::open(file.path()).unwrap()));
            (0..8).map(open).collect::<Vec<_>>().into_iter().for_each(|open| open.join().unwrap());
        });
        file.check();
    }
}
