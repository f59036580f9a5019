//! Acknowledged events are on disk.

use room_hooks::{
    hooks::DeliveryStore,
    inbox::{InboxStore, PutOutcome},
};
use room_hooks_sqlite::{SqliteInbox, SqliteStore};

use crate::{child::Child, event, file::File};

#[tokio::test]
async fn every_connection_syncs_each_commit() {
    let file = File::new();
    let inbox = SqliteInbox::open(file.path()).unwrap();
    let store = SqliteStore::open(file.path()).unwrap();
    let renewal = store.for_renewal().unwrap();
    for (pragma, value) in [
        ("synchronous", "2"),
        ("journal_mode", "wal"),
        ("fullfsync", "1"),
        ("trusted_schema", "0"),
        ("busy_timeout", "5000"),
    ] {
        assert_eq!(inbox.pragma(pragma).await.unwrap(), value, "{pragma}");
        assert_eq!(inbox.heartbeat().unwrap().pragma(pragma).await.unwrap(), value, "{pragma}");
        assert_eq!(store.pragma(pragma).await.unwrap(), value, "{pragma}");
        assert_eq!(renewal.pragma(pragma).await.unwrap(), value, "{pragma}");
    }
}

/// A process is killed with SIGKILL while it puts events. No put that had returned is missing.
#[tokio::test]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    for round in 0..3 {
        let file = File::new();
        let mut child = Child::start("put", &file, round);
        let mut acknowledged = child.lines(100);
        acknowledged.extend(child.kill());
        let inbox = file.inbox();
        for number in &acknowledged {
            let number = number.parse().unwrap();
            assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::Duplicate, "{number}");
        }
        assert!(inbox.stats().await.unwrap().ready >= acknowledged.len() as u64);
        file.check();
    }
}
