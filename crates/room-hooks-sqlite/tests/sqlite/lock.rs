//! Another connection holds the write lock.

use std::time::Duration;

use room_hooks::inbox::{InboxStore, PutOutcome};
use rusqlite::Connection;
use tokio::time::{sleep, timeout};

use crate::{event, file::File, request, unavailable};

const A_MOMENT: Duration = Duration::from_millis(50);

fn locked(file: &File) -> Connection {
    let other = file.connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[tokio::test]
async fn a_lock_that_is_held_for_long_fails_puts_and_the_next_one_works() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.pragma("busy_timeout = 100").await.unwrap();
    inbox.put(event(0)).await.unwrap();
    let other = locked(&file);
    let (one, two) = tokio::join!(inbox.put(event(1)), inbox.put(event(2)));
    assert!(unavailable(one).contains("locked"));
    assert!(unavailable(two).contains("locked"));
    // A read does not wait.
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    assert_eq!(inbox.stats().await.unwrap().ready, 2);
}

/// The sender has been told that the put failed, so a retry must not be a duplicate.
#[tokio::test]
async fn a_put_whose_caller_timed_out_before_it_began_is_not_stored() {
    let file = File::new();
    let inbox = file.inbox();
    let other = locked(&file);
    // The first put waits for the lock and the second behind it. Only the third still has a caller.
    for number in [1, 2] {
        assert!(timeout(A_MOMENT, inbox.put(event(number))).await.is_err());
    }
    let third = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.put(event(3)).await }
    });
    sleep(A_MOMENT).await;
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(third.await.unwrap().unwrap(), PutOutcome::New);
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
    for number in [1, 2] {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::New);
    }
}

#[tokio::test]
async fn an_idle_worker_neither_waits_for_the_lock_nor_writes() {
    let file = File::new();
    let inbox = file.inbox();
    let version = |file: &File| -> i64 {
        file.connection()
            .query_row("SELECT last_now FROM room_hooks_totals", [], |r| r.get(0))
            .unwrap()
    };
    let before = version(&file);
    inbox.advance_clock(Duration::from_secs(60));
    let _other = locked(&file);
    let claims = timeout(Duration::from_secs(4), inbox.claim(request(1, 32))).await;
    assert!(claims.unwrap().unwrap().events.is_empty());
    assert_eq!(version(&file), before);
}

/// The puts that do not fit into the queue wait for a place.
#[tokio::test]
async fn more_puts_than_the_queue_holds_are_all_stored() {
    let file = File::new();
    let inbox = file.inbox();
    let other = locked(&file);
    let puts: Vec<_> = (0..3000)
        .map(|number| {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.put(event(number)).await })
        })
        .collect();
    sleep(A_MOMENT).await;
    other.execute_batch("ROLLBACK").unwrap();
    for put in puts {
        assert_eq!(put.await.unwrap().unwrap(), PutOutcome::New);
    }
    assert_eq!(inbox.stats().await.unwrap().ready, 3000);
    file.check();
}
