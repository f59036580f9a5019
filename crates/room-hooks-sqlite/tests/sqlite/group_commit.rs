//! Many operations in one transaction.

use room_hooks::{
    SignatureKey,
    inbox::{InboxStore, PutOutcome},
};

use crate::{event, file::File, id, unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_row_fails_alone_in_its_group() {
    let file = File::new();
    let inbox = file.inbox();
    // Blocks all puts until 64 wait.
    let other = file.connection();
    other
        .execute_batch(
            "CREATE TRIGGER poison BEFORE INSERT ON room_hooks_events WHEN NEW.kind = 'poison'
             BEGIN SELECT RAISE(ABORT, 'poisoned'); END;
             BEGIN IMMEDIATE;",
        )
        .unwrap();
    let puts: Vec<_> = (0..64)
        .map(|number| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let mut event = event(number);
                event.signature = Some(SignatureKey::from_bytes(*id(number).as_bytes()));
                if number % 7 == 3 {
                    event.kind = "poison".into();
                }
                inbox.put(event).await
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    other.execute_batch("COMMIT").unwrap();
    for (number, put) in puts.into_iter().enumerate() {
        match put.await.unwrap() {
            failed @ Err(_) => {
                assert_eq!(number % 7, 3);
                assert!(unavailable(failed).contains("poisoned"));
            }
            Ok(outcome) => assert_eq!((outcome, number % 7 == 3), (PutOutcome::New, false)),
        }
    }
    assert_eq!(inbox.stats().await.unwrap().ready, 64 - 9);
    // A failed put leaves nothing behind, not even its signature.
    let left: i64 = file
        .connection()
        .query_row("SELECT count(*) FROM room_hooks_keys WHERE kind = 'signature'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 64 - 9);
    file.check();
}

/// An operation that ends the whole transaction fails its whole group, and none of it is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_of_the_whole_transaction_fails_its_whole_group() {
    let file = File::new();
    let inbox = file.inbox();
    let other = file.connection();
    other
        .execute_batch(
            "CREATE TRIGGER poison BEFORE INSERT ON room_hooks_events WHEN NEW.kind = 'poison'
             BEGIN SELECT RAISE(ROLLBACK, 'poisoned'); END;
             BEGIN IMMEDIATE;",
        )
        .unwrap();
    let puts: Vec<_> = (0..20)
        .map(|number| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let mut event = event(number);
                if number == 10 {
                    event.kind = "poison".into();
                }
                inbox.put(event).await
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    other.execute_batch("COMMIT").unwrap();
    let mut stored = 0;
    for put in puts {
        match put.await.unwrap() {
            Ok(_) => stored += 1,
            failed => assert!(unavailable(failed).contains("poisoned")),
        }
    }
    assert_eq!(inbox.stats().await.unwrap().ready, stored);
    assert_eq!(inbox.put(event(100)).await.unwrap(), PutOutcome::New);
    file.check();
}

/// A failure at the end of a transaction, which leaves it open, must not block the next one.
#[tokio::test]
async fn a_transaction_that_fails_at_its_end_is_rolled_back_and_the_next_one_works() {
    let file = File::new();
    let inbox = file.inbox();
    let other = file.connection();
    other
        .execute_batch(
            "CREATE TRIGGER poison BEFORE UPDATE ON room_hooks_totals
             BEGIN SELECT RAISE(ABORT, 'poisoned'); END;",
        )
        .unwrap();
    for _ in 0..2 {
        assert!(unavailable(inbox.put(event(1)).await).contains("poisoned"));
    }
    other.execute_batch("DROP TRIGGER poison").unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    file.check();
}

/// A sender's retry must not cost an fsync.
#[tokio::test]
async fn a_duplicate_writes_nothing() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.put(event(1)).await.unwrap();
    let last_now = || -> i64 {
        let read = "SELECT last_now FROM room_hooks_totals";
        file.connection().query_row(read, [], |row| row.get(0)).unwrap()
    };
    let before = last_now();
    inbox.advance_clock(std::time::Duration::from_secs(1));
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
    assert_eq!(last_now(), before);
}
