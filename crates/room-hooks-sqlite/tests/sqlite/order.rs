//! Claims in the order of each room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use room_hooks::{
    Callback, Delivery, Handlers, Hooks, Verified,
    inbox::{Backoff, ClaimRequest, Ending, InboxStore, NewEvent, Worker},
    zego::{Zego, express::RoomCreated},
};
use room_hooks_sqlite::SqliteInbox;
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{claim, event, file::File, in_room, request, sequences};

fn ordered(worker: i64, limit: usize) -> ClaimRequest {
    let mut request = request(worker, limit);
    request.is_ordered = true;
    request
}

#[tokio::test]
async fn only_the_oldest_event_of_each_room_is_claimed() {
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

    // An event that waits for a retry holds back its room. A done or dead one does not.
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
async fn an_older_event_that_the_request_cannot_take_does_not_hold_back_its_room() {
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

/// One room has thousands of events at the head of the queue, and its oldest waits for a retry.
/// Claims must still serve the other rooms without examining all of those events.
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
    // One claim does not examine this many rooms, so the rooms take turns.
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

/// More rooms wait for a retry than one claim examines, so the next claim must look further.
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

    // A new handle begins with the first room.
    let inbox = file.inbox();
    let mut found = Vec::new();
    for _ in 0..10 {
        found.extend(sequences(&claim(&inbox, &ordered(1, 1)).await));
    }
    assert_eq!(found, [4500 + 1500 + 1]);
}

/// Puts events in this order, but many per commit.
async fn put_all(inbox: &SqliteInbox, events: impl Iterator<Item = NewEvent>) {
    let put = events.map(|event| {
        let inbox = inbox.clone();
        async move {
            inbox.put(event).await.unwrap();
        }
    });
    put.collect::<JoinSet<()>>().join_all().await;
}

/// A claim examines each room once. Otherwise, it would read the events of other kinds at the head
/// of the room again for each of the remaining events.
#[tokio::test]
async fn events_of_other_kinds_at_the_head_of_a_room_are_read_once_per_claim() {
    let file = File::new();
    let inbox = file.inbox();
    let mut puts = JoinSet::new();
    for number in 0..5_000 {
        let (inbox, mut event) = (inbox.clone(), in_room(number, "a"));
        if number < 4_000 {
            event.kind = "zego/other".to_owned();
        }
        puts.spawn(async move { inbox.put(event).await.unwrap() });
    }
    puts.join_all().await;
    let mut request = ordered(1, 10);
    request.kinds = Some(Arc::new([event(0).kind]));
    let begun = Instant::now();
    let claimed = claim(&inbox, &request).await;
    assert_eq!(claimed.len(), 1);
    // Reading four million rows would take seconds; four thousand take milliseconds.
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_rooms_with_10_000_events_keep_their_order_with_16_handlers_through_retries() {
    const ROOMS: u64 = 100;
    const EVENTS: u64 = 10_000;
    let file = File::new();
    let inbox = SqliteInbox::open(file.path()).unwrap();
    let zego = Zego::new(1, "secret").unwrap();
    let hooks = Hooks::new(zego.clone()).with_inbox(inbox.clone());
    let mut senders = JoinSet::new();
    // Each room has one sender, which waits for each response.
    for room in 0..ROOMS {
        let (zego, hooks) = (zego.clone(), hooks.clone());
        senders.spawn(async move {
            for number in 0..EVENTS / ROOMS {
                let created = json!({
                    "event": "room_create", "room_id": room.to_string(), "room_session_id": number.to_string(),
                    "room_create_time": 1_700_000_000_000 + number,
                });
                let now = SystemTime::now();
                let body = zego.sign(&created, now).unwrap().body;
                while hooks.deliver(Delivery::new(&body), now).await.status != 200 {}
            }
        });
    }
    senders.join_all().await;

    let handled = Arc::new(Mutex::new(HashMap::<String, Vec<u64>>::new()));
    let handlers = Handlers::new().on_with(
        Arc::clone(&handled),
        async |handled: Arc<Mutex<HashMap<_, Vec<u64>>>>, created: Verified<RoomCreated>| {
            let number = created.event.session().unwrap();
            tokio::task::yield_now().await;
            if number % 50 == 7 && created.attempt() < 3 {
                return Err("not yet");
            }
            handled.lock().unwrap().entry(created.into_inner().room_id).or_default().push(number);
            Ok(())
        },
    );
    let worker = Worker::new(inbox.clone(), handlers)
        .ordered_by_room()
        .with_backoff(Backoff::new(Duration::from_millis(5), Duration::from_millis(50)));
    let is_done = async {
        while inbox.stats().await.unwrap().done < EVENTS {
            sleep(Duration::from_millis(20)).await;
        }
    };
    worker.run_until(is_done).await;
    let handled = handled.lock().unwrap();
    assert_eq!(handled.len() as u64, ROOMS);
    for (room, numbers) in &*handled {
        assert!(numbers.iter().copied().eq(0..EVENTS / ROOMS), "room {room}: {numbers:?}");
    }
}
