//! A full inbox.

use std::time::Duration;

use room_hooks::{
    SignatureKey,
    inbox::{Ending, InboxError, InboxStore, PutOutcome, Retention},
};
use room_hooks_sqlite::SqliteInbox;

use crate::{RETENTION, claim, event, file::File, request};

async fn put_done(inbox: &SqliteInbox, numbers: std::ops::Range<u64>) {
    for number in numbers {
        inbox.put(event(number)).await.unwrap();
    }
    for claimed in claim(inbox, &request(1, 1000)).await {
        assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
    }
}

#[tokio::test]
async fn a_full_inbox_forgets_the_oldest_done_events_and_nothing_else() {
    let file = File::new();
    let inbox = file.inbox().with_max_rows(10);
    put_done(&inbox, 0..4).await;
    for number in 4..10 {
        inbox.put(event(number)).await.unwrap();
    }
    // The done events must still be remembered.
    assert!(matches!(inbox.put(event(10)).await, Err(InboxError::Full)));
    assert_eq!(inbox.put(event(0)).await.unwrap(), PutOutcome::Duplicate);
    inbox.advance_clock(RETENTION);
    assert_eq!(inbox.put(event(10)).await.unwrap(), PutOutcome::New);
    assert_eq!(inbox.stats().await.unwrap().done, 3);
    for number in 11..14 {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::New);
    }
    assert!(matches!(inbox.put(event(14)).await, Err(InboxError::Full)));
    assert_eq!(inbox.stats().await.unwrap().ready, 10);
    file.check();
}

#[tokio::test]
async fn a_bound_in_bytes_holds_and_an_event_that_never_fits_removes_nothing() {
    let file = File::new();
    let inbox = file.inbox().with_max_bytes(10_000);
    let large = |number, size| {
        let mut event = event(number);
        event.payload = vec![0; size];
        event
    };
    put_done(&inbox, 0..5).await;
    inbox.advance_clock(RETENTION);
    assert!(matches!(inbox.put(large(10, 20_000)).await, Err(InboxError::Full)));
    assert_eq!(inbox.stats().await.unwrap().done, 5);
    assert_eq!(inbox.put(large(10, 9_000)).await.unwrap(), PutOutcome::New);
    assert_eq!(inbox.stats().await.unwrap().done, 2);
    assert!(matches!(inbox.put(large(11, 9_000)).await, Err(InboxError::Full)));
    file.check();
}

#[tokio::test]
async fn a_full_inbox_still_binds_signatures_and_finds_duplicates() {
    let file = File::new();
    let inbox = file.inbox().with_max_rows(2);
    inbox.put(event(0)).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    let mut honest = event(2);
    honest.signature = Some(SignatureKey::from_bytes([7; 16]));
    assert!(matches!(inbox.put(honest.clone()).await, Err(InboxError::Full)));
    let mut forged = event(3);
    forged.signature = honest.signature;
    assert_eq!(inbox.put(forged).await.unwrap(), PutOutcome::SignatureReused);
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
    file.check();
}

#[tokio::test]
async fn a_pruned_event_leaves_its_id_until_its_retention_ends() {
    let file = File::new();
    let inbox = file.inbox();
    put_done(&inbox, 0..5).await;
    let at_once = Retention::new(Duration::ZERO, Duration::ZERO);
    assert_eq!(inbox.prune(at_once, 3).await.unwrap(), 3);
    assert_eq!(inbox.prune(at_once, 3).await.unwrap(), 2);
    assert_eq!(inbox.prune(at_once, 3).await.unwrap(), 0);
    for number in 0..5 {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::Duplicate);
    }
    file.check();
    inbox.advance_clock(RETENTION);
    for number in 0..5 {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::New);
    }
    file.check();
}

#[tokio::test]
async fn expired_keys_are_removed_while_other_operations_run() {
    let file = File::new();
    let inbox = file.inbox();
    for number in 0..50 {
        let signature = SignatureKey::from_bytes([number; 16]);
        assert!(inbox.bind(signature, crate::id(1), RETENTION).await.unwrap());
    }
    put_done(&inbox, 0..50).await;
    inbox.prune(Retention::new(Duration::ZERO, Duration::ZERO), 50).await.unwrap();
    inbox.advance_clock(RETENTION);
    for number in 100..250 {
        inbox.put(event(number)).await.unwrap();
    }
    let left: i64 = file
        .connection()
        .query_row("SELECT count(*) FROM room_hooks_keys WHERE expires_at IS NOT NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 0);
    file.check();
}
