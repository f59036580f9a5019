//! A full inbox, and the removal of old events and keys.

use std::{ops::Range, time::Duration};

use libtest_mimic::Trial;
use room_hooks::{
    SignatureKey,
    inbox::{Ending, InboxError, InboxStore, PutOutcome, Retention},
};
use room_hooks_postgres::PostgresInbox;
use tokio::time::sleep;

use crate::{RETENTION, claim, event, id, request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres(
            "a_full_inbox_forgets_the_oldest_done_events_and_nothing_else",
            a_full_inbox_forgets_the_oldest_done_events_and_nothing_else,
        ),
        with_postgres(
            "a_bound_in_bytes_holds_and_an_event_that_never_fits_removes_nothing",
            a_bound_in_bytes_holds_and_an_event_that_never_fits_removes_nothing,
        ),
        with_postgres(
            "a_full_inbox_still_binds_signatures_and_finds_duplicates",
            a_full_inbox_still_binds_signatures_and_finds_duplicates,
        ),
        with_postgres(
            "several_processes_exceed_a_bound_for_a_few_seconds_only",
            several_processes_exceed_a_bound_for_a_few_seconds_only,
        ),
        with_postgres(
            "concurrent_puts_do_not_exceed_the_bound",
            concurrent_puts_do_not_exceed_the_bound,
        ),
        with_postgres(
            "expired_keys_are_removed_while_other_operations_run",
            expired_keys_are_removed_while_other_operations_run,
        ),
    ]
}

/// More than the second between two counts.
const COUNTED: Duration = Duration::from_millis(1200);

async fn inbox() -> PostgresInbox {
    PostgresInbox::connect(&test_postgres::database().await).await.unwrap()
}

async fn put_done(inbox: &PostgresInbox, numbers: Range<u64>) {
    for number in numbers {
        inbox.put(event(number)).await.unwrap();
    }
    for claimed in claim(inbox, &request(1, 1000)).await {
        assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
    }
}

async fn is_full(inbox: &PostgresInbox, number: u64) -> bool {
    matches!(inbox.put(event(number)).await, Err(InboxError::Full))
}

/// Puts events until the inbox is full, and returns how many fit. If a count runs at the same time,
/// that can be one too many or too few until the next count.
async fn fill(inbox: &PostgresInbox, mut number: u64) -> u64 {
    let first = number;
    for _ in 0..2 {
        while !is_full(inbox, number).await {
            number += 1;
        }
        sleep(COUNTED).await;
        // This put starts a count.
        number += u64::from(!is_full(inbox, number).await);
        sleep(Duration::from_millis(200)).await;
    }
    number - first
}

async fn a_full_inbox_forgets_the_oldest_done_events_and_nothing_else() {
    let inbox = inbox().await.with_max_rows(10);
    put_done(&inbox, 0..4).await;
    let filled = fill(&inbox, 10).await;
    assert!((5..=7).contains(&filled), "{filled}");
    // The done events must still be remembered.
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.ready, stats.done), (filled, 4));
    assert_eq!(inbox.put(event(0)).await.unwrap(), PutOutcome::Duplicate);
    inbox.advance_clock(RETENTION);
    sleep(COUNTED).await;
    assert_eq!(inbox.put(event(30)).await.unwrap(), PutOutcome::New);
    assert_eq!(
        inbox.put(event(3)).await.unwrap(),
        PutOutcome::Duplicate,
        "event 3 is not the oldest"
    );
    let refilled = fill(&inbox, 40).await;
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.ready, stats.done), (filled + 1 + refilled, 0));
    assert!((9..=11).contains(&stats.ready), "{stats:?}");
}

async fn a_bound_in_bytes_holds_and_an_event_that_never_fits_removes_nothing() {
    let inbox = inbox().await.with_max_rows(1000).with_max_bytes(10_000);
    let large = |number, size| {
        let mut event = event(number);
        event.payload = vec![0; size];
        event
    };
    put_done(&inbox, 0..5).await;
    inbox.advance_clock(RETENTION);
    assert!(matches!(inbox.put(large(10, 20_000)).await, Err(InboxError::Full)));
    assert_eq!(inbox.stats().await.unwrap().done, 5);
    assert_eq!(inbox.put(large(10, 8_000)).await.unwrap(), PutOutcome::New);
    assert!((1..=2).contains(&inbox.stats().await.unwrap().done));
    sleep(COUNTED).await;
    assert!(matches!(inbox.put(large(11, 9_000)).await, Err(InboxError::Full)));
}

async fn a_full_inbox_still_binds_signatures_and_finds_duplicates() {
    let inbox = inbox().await.with_max_rows(2);
    inbox.put(event(0)).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    let mut honest = event(2);
    honest.signature = Some(SignatureKey::from_bytes([7; 16]));
    assert!(matches!(inbox.put(honest.clone()).await, Err(InboxError::Full)));
    let mut forged = event(3);
    forged.signature = honest.signature;
    assert_eq!(inbox.put(forged).await.unwrap(), PutOutcome::SignatureReused);
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
}

async fn several_processes_exceed_a_bound_for_a_few_seconds_only() {
    let url = test_postgres::database().await;
    let connect = async || PostgresInbox::connect(&url).await.unwrap().with_max_rows(100);
    let (one, other) = (connect().await, connect().await);
    for number in 0..60 {
        one.put(event(number)).await.unwrap();
        // The other process's events are not counted yet.
        if number < 30 {
            other.put(event(1000 + number)).await.unwrap();
        }
    }
    assert_eq!(one.stats().await.unwrap().ready, 90);
    sleep(COUNTED).await;
    // Each process counts after its next put, and then knows all but a few events.
    let mut number = 2000;
    for inbox in [&one, &other] {
        inbox.put(event(number)).await.unwrap();
        number += 1;
        sleep(Duration::from_millis(200)).await;
    }
    for inbox in [&one, &other] {
        while !is_full(inbox, number).await && number < 2200 {
            number += 1;
        }
    }
    let ready = one.stats().await.unwrap().ready;
    assert!((98..=115).contains(&ready), "{ready}");
    fill(&one, 3000).await;
    fill(&other, 4000).await;
    let ready = one.stats().await.unwrap().ready;
    assert!((100..=115).contains(&ready), "{ready}");
}

async fn concurrent_puts_do_not_exceed_the_bound() {
    let inbox = inbox().await.with_max_rows(20);
    inbox.put(event(0)).await.unwrap();
    let mut puts = tokio::task::JoinSet::new();
    for number in 1..60 {
        let inbox = inbox.clone();
        puts.spawn(async move { inbox.put(event(number)).await.is_ok() });
    }
    let put = puts.join_all().await.into_iter().filter(|is_put| *is_put).count();
    // A concurrent count may count some of them twice.
    assert!((10..=20).contains(&put), "{put}");
}

async fn expired_keys_are_removed_while_other_operations_run() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for number in 0..50 {
        let signature = SignatureKey::from_bytes([number; 16]);
        assert!(inbox.bind(signature, id(1), RETENTION).await.unwrap());
    }
    put_done(&inbox, 0..50).await;
    inbox.prune(Retention::new(Duration::ZERO, Duration::ZERO), 50).await.unwrap();
    assert_eq!(inbox.put(event(0)).await.unwrap(), PutOutcome::Duplicate);
    inbox.advance_clock(RETENTION);
    sleep(COUNTED).await;
    inbox.put(event(100)).await.unwrap();
    let client = test_postgres::client(&url).await;
    let count = "SELECT count(*) FROM room_hooks.keys WHERE expires_at IS NOT NULL";
    let begun = std::time::Instant::now();
    while client.query_one(count, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "expired keys remain");
        sleep(Duration::from_millis(20)).await;
    }
}
