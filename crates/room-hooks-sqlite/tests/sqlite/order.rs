//! Claims in the order of each room.

use std::time::Duration;

use room_hooks::inbox::{ClaimRequest, Ending, InboxStore, NewEvent};
use room_hooks_sqlite::SqliteInbox;
use tokio::task::JoinSet;

use crate::{claim, event, file::File, in_room, request, sequences};

fn ordered(worker: i64, limit: usize) -> ClaimRequest {
    let mut request = request(worker, limit);
    request.is_ordered = true;
    request
}

#[tokio::test]
async fn of_each_room_the_oldest_is_claimed_alone() {
    let file = File::new();
    let inbox = file.inbox();
    for (number, room) in ["a", "a", "b", "a", "b", "c"].into_iter().enumerate() {
        inbox.put(in_room(number as u64, room)).await.unwrap();
    }
    inbox.put(event(100)).await.unwrap();
    inbox.put(event(101)).await.unwrap();
    let first = claim(&inbox, &ordered(1, 10)).await;
    assert_eq!(sequences(&first), [1, 3, 6, 7, 8]);
    assert!(claim(&inbox, &ordered(2, 10)).await.is_empty());

    // A retry holds its room back; what is done or dead lets the next one go.
    let retry = Ending::Retry { after: Duration::from_secs(5), error: "later".into() };
    inbox.finish(first[0].attempt, retry).await.unwrap();
    inbox.finish(first[1].attempt, Ending::Dead { error: "never".into() }).await.unwrap();
    assert_eq!(sequences(&claim(&inbox, &ordered(2, 10)).await), [5]);
    inbox.advance_clock(Duration::from_secs(5));
    let retried = claim(&inbox, &ordered(2, 10)).await;
    assert_eq!(sequences(&retried), [1]);
    inbox.finish(retried[0].attempt, Ending::Done).await.unwrap();
    assert_eq!(sequences(&claim(&inbox, &ordered(2, 10)).await), [2]);
}

#[tokio::test]
async fn an_older_event_that_the_request_cannot_take_holds_nothing_back() {
    let file = File::new();
    let inbox = file.inbox();
    let mut event = in_room(1, "a");
    event.kind = "zego/other".into();
    inbox.put(event).await.unwrap();
    let mut event = in_room(2, "a");
    event.format_version = 2;
    inbox.put(event).await.unwrap();
    inbox.put(in_room(3, "a")).await.unwrap();
    let mut request = ordered(1, 10);
    request.format_version = 1;
    request.kinds = Some(["zego/room_create".to_owned()].into());
    assert_eq!(sequences(&claim(&inbox, &request).await), [3]);
}

/// One room has thousands of events at the head of the queue, and its oldest waits for a retry. The other rooms must
/// be served, by claims that do not look at all of them.
#[tokio::test]
async fn a_room_with_a_long_backlog_does_not_keep_a_worker_from_the_others() {
    let file = File::new();
    let inbox = file.inbox();
    put_all(&inbox, (0..3000).map(|number| in_room(number, "hot"))).await;
    let first = claim(&inbox, &ordered(1, 10)).await;
    assert_eq!(sequences(&first), [1]);
    let retry = Ending::Retry { after: Duration::from_secs(3600), error: "later".into() };
    inbox.finish(first[0].attempt, retry).await.unwrap();

    inbox.advance_clock(Duration::from_secs(1));
    for number in 0..2500 {
        inbox.put(in_room(10_000 + number, &format!("room {number:04}"))).await.unwrap();
    }
    for number in 0..3 {
        inbox.put(event(20_000 + number)).await.unwrap();
    }
    // More rooms than one claim looks at: they take turns.
    let mut claimed = Vec::new();
    for _ in 0..500 {
        for event in claim(&inbox, &ordered(1, 32)).await {
            claimed.push(event.attempt.sequence);
            inbox.finish(event.attempt, Ending::Done).await.unwrap();
        }
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (3001..=5503).collect::<Vec<_>>());
    assert!(claim(&inbox, &ordered(1, 32)).await.is_empty());
    file.check();
}

/// More of them than one claim looks at wait for a retry, so the next one must look further.
#[tokio::test]
async fn rooms_that_wait_do_not_keep_a_worker_from_those_behind_them() {
    let file = File::new();
    let inbox = file.inbox();
    let retry = || Ending::Retry { after: Duration::from_secs(3600), error: "later".into() };
    put_all(&inbox, (0..4500).map(|number| in_room(number, &format!("a {number}")))).await;
    loop {
        let claimed = claim(&inbox, &ordered(1, 5000)).await;
        if claimed.is_empty() {
            break;
        }
        let finished = claimed.into_iter().map(|claimed| {
            let inbox = inbox.clone();
            async move { assert!(inbox.finish(claimed.attempt, retry()).await.unwrap()) }
        });
        finished.collect::<JoinSet<()>>().join_all().await;
    }
    put_all(&inbox, (10_000..11_500).map(|number| in_room(number, "hot"))).await;
    let first = claim(&inbox, &ordered(1, 1)).await;
    assert!(inbox.finish(first[0].attempt, retry()).await.unwrap());
    inbox.put(in_room(20_000, "z")).await.unwrap();

    // It begins with the first room.
    let inbox = file.inbox();
    let mut found = Vec::new();
    for _ in 0..10 {
        found.extend(sequences(&claim(&inbox, &ordered(1, 1)).await));
    }
    assert_eq!(found, [4500 + 1500 + 1]);
}

/// In this order, and yet many to a commit.
async fn put_all(inbox: &SqliteInbox, events: impl Iterator<Item = NewEvent>) {
    let put = events.map(|event| {
        let inbox = inbox.clone();
        async move {
            inbox.put(event).await.unwrap();
        }
    });
    put.collect::<JoinSet<()>>().join_all().await;
}
