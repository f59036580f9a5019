//! Damaged files.

use std::{
    fs::OpenOptions,
    io::{Seek, SeekFrom, Write},
};

use room_hooks::inbox::InboxStore;
use room_hooks_sqlite::{OpenError, SqliteInbox};

use crate::{claim, event, file::File, request, unavailable};

/// A file with a thousand events and an empty write-ahead log.
async fn filled() -> File {
    let file = File::new();
    let inbox = file.inbox();
    for number in 0..1000 {
        inbox.put(event(number)).await.unwrap();
    }
    drop(inbox);
    file.wait_until_closed();
    file
}

fn overwrite(file: &File, from: u64, length: usize) {
    let mut file = OpenOptions::new().write(true).open(file.path()).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xa5; length]).unwrap();
    file.sync_all().unwrap();
}

#[tokio::test]
async fn an_overwritten_header_is_detected_when_the_file_is_opened() {
    let file = filled().await;
    overwrite(&file, 0, 100);
    let error = SqliteInbox::open(file.path()).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("restore a backup"));
}

#[tokio::test]
async fn an_overwritten_page_in_the_middle_is_detected_when_the_file_is_opened() {
    let file = filled().await;
    overwrite(&file, 4096 * 20, 4096);
    let error = SqliteInbox::open(file.path()).unwrap_err();
    assert!(matches!(error, OpenError::Corrupted { .. }), "{error:?}");
    assert!(error.to_string().contains("recover"));
}

#[tokio::test]
async fn a_truncated_file_is_detected_when_it_is_opened() {
    let file = filled().await;
    let length = std::fs::metadata(file.path()).unwrap().len();
    OpenOptions::new().write(true).open(file.path()).unwrap().set_len(length / 2).unwrap();
    let error = SqliteInbox::open(file.path()).unwrap_err();
    assert!(matches!(error, OpenError::Corrupted { .. }), "{error:?}");
}

/// A page of an index is damaged while the file is open. Operations that need it fail and say why;
/// others still work.
#[tokio::test]
async fn a_page_that_is_damaged_while_the_file_is_open_fails_only_operations_that_need_it() {
    let file = filled().await;
    let root: i64 = file
        .connection()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'room_hooks_events_due'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let inbox = file.inbox();
    file.checkpoint();
    overwrite(&file, 4096 * (root as u64 - 1), 4096);
    let inbox_after = inbox.clone();
    let error = unavailable(inbox.claim(request(1, 10)).await);
    assert!(error.contains("malformed"), "{error}");
    // Signatures and ids are in other pages.
    assert_eq!(inbox_after.put(event(7)).await.unwrap(), room_hooks::inbox::PutOutcome::Duplicate);
    assert!(inbox_after.put(event(5000)).await.is_err());
}

/// A file of this size is not checked in full when it is opened, but the roots of its tables are.
#[tokio::test]
async fn a_damaged_root_of_a_table_in_a_large_file_is_detected_when_it_is_opened() {
    let file = filled().await;
    let root: i64 = {
        let connection = file.connection();
        connection
            .execute_batch("CREATE TABLE large (a); INSERT INTO large VALUES (zeroblob(40000000));")
            .unwrap();
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'room_hooks_keys'";
        connection.query_row(root, [], |row| row.get(0)).unwrap()
    };
    file.wait_until_closed();
    overwrite(&file, 4096 * (root as u64 - 1), 4096);
    let error = SqliteInbox::open(file.path()).unwrap_err();
    assert!(matches!(error, OpenError::Corrupted { .. }), "{error:?}");
}

/// An unreadable row must not keep a worker from the others.
#[tokio::test]
async fn a_row_that_cannot_be_read_is_dead_and_the_others_are_claimed() {
    let file = File::new();
    let inbox = file.inbox();
    for number in 0..5 {
        inbox.put(event(number)).await.unwrap();
    }
    file.connection()
        .execute_batch(
            "UPDATE room_hooks_events SET format = -1 WHERE sequence = 1;
             UPDATE room_hooks_events SET id = x'00' WHERE sequence = 2;
             UPDATE room_hooks_events SET kind = CAST(x'ff' AS TEXT) WHERE sequence = 3;
             UPDATE room_hooks_events SET failures = 5000000000 WHERE sequence = 4;",
        )
        .unwrap();
    let claimed = claim(&inbox, &request(1, 10)).await;
    assert_eq!(crate::sequences(&claimed), [5]);
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.dead, stats.leased), (4, 1));
    let error: String = file
        .connection()
        .query_row("SELECT error FROM room_hooks_events WHERE sequence = 4", [], |row| row.get(0))
        .unwrap();
    assert!(error.starts_with("it cannot be read"), "{error}");
    file.check();
}
