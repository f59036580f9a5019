//! Claims in the order of each room.

use std::time::Duration;

use libtest_mimic::Trial;
use room_hooks::inbox::{ClaimRequest, Ending, InboxStore};
use room_hooks_postgres::{Database, PostgresInbox};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    claim, event, in_room, request, sequences,
    traffic::{Handled, all_done, deliver, hooks, worker},
    with_postgres,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres(
            "two_workers_on_two_pools_keep_the_order",
            two_workers_on_two_pools_keep_the_order,
        ),
        with_postgres(
            "a_claim_skips_a_room_that_another_examines",
            a_claim_skips_a_room_that_another_examines,
        ),
        with_postgres(
            "concurrent_claims_of_one_room_keep_the_order",
            concurrent_claims_of_one_room_keep_the_order,
        ),
        with_postgres(
            "a_room_with_a_long_backlog_does_not_keep_a_worker_from_the_others",
            a_room_with_a_long_backlog_does_not_keep_a_worker_from_the_others,
        ),
        with_postgres(
            "events_of_other_kinds_at_the_head_of_a_room_are_read_once_per_claim",
            events_of_other_kinds_at_the_head_of_a_room_are_read_once_per_claim,
        ),
        with_postgres(
            "rooms_that_wait_do_not_keep_a_worker_from_those_behind_them",
            rooms_that_wait_do_not_keep_a_worker_from_those_behind_them,
        ),
    ]
}

const ROOMS: usize = 100;
const EVENTS_OF_ROOM: usize = 100;

async fn two_workers_on_two_pools_keep_the_order() {
    let url = test_postgres::database().await;
    let handled = Handled::default();
    let (mut inboxes, mut workers, mut stops) = (Vec::new(), JoinSet::new(), Vec::new());
    for _ in 0..2 {
        let inbox = PostgresInbox::connect(&url).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = worker(&inbox, &handled, Duration::from_millis(1)).ordered_by_room();
        workers.spawn(worker.run_until(async { drop(stopped.await) }));
        inboxes.push(inbox);
        stops.push(stop);
    }
    let mut senders = JoinSet::new();
    for sender in 0..10 {
        let hooks = hooks(&inboxes[sender % 2]);
        senders.spawn(async move {
            for number in 0..EVENTS_OF_ROOM {
                for room in (sender..ROOMS).step_by(10) {
                    while deliver(&hooks, &format!("room {room}"), number).await != 200 {}
                }
            }
        });
    }
    senders.join_all().await;
    all_done(&inboxes[0], Duration::from_secs(120)).await;
    drop(stops);
    workers.join_all().await;
    let rooms = handled.rooms();
    for (room, numbers) in &rooms {
        assert_eq!(*numbers, (0..EVENTS_OF_ROOM).collect::<Vec<_>>(), "{room}");
    }
    assert_eq!(rooms.len(), ROOMS);
}

fn ordered(worker: i64, limit: usize) -> ClaimRequest {
    let mut request = request(worker, limit);
    request.is_ordered = true;
    request
}

/// A claim skips the room even if none of its events is leased yet, because the other claim may see
/// newer data.
async fn a_claim_skips_a_room_that_another_examines() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for (number, room) in ["a", "a", "b"].into_iter().enumerate() {
        inbox.put(in_room(number as u64, room)).await.unwrap();
    }
    let mut other = test_postgres::client(&url).await;
    let transaction = other.transaction().await.unwrap();
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('room_hooks.a', 0))";
    transaction.execute(lock, &[]).await.unwrap();
    assert_eq!(sequences(&claim(&inbox, &ordered(1, 10)).await), [3]);
    // The same room in another schema is another room.
    let database = Database::new(&url).unwrap().with_schema("others");
    let other_inbox = PostgresInbox::connect_with(&database).await.unwrap();
    other_inbox.put(in_room(0, "a")).await.unwrap();
    assert_eq!(sequences(&claim(&other_inbox, &ordered(1, 10)).await), [1]);
    transaction.commit().await.unwrap();
    assert_eq!(sequences(&claim(&inbox, &ordered(1, 10)).await), [1]);
}

async fn concurrent_claims_of_one_room_keep_the_order() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for number in 0..200 {
        inbox.put(in_room(number, "a")).await.unwrap();
    }
    let mut done = Vec::new();
    while done.len() < 200 {
        let mut claims = JoinSet::new();
        for worker in 0..6 {
            let inbox = inbox.clone();
            claims.spawn(async move { claim(&inbox, &ordered(worker, 10)).await });
        }
        let claimed = claims.join_all().await.concat();
        assert!(claimed.len() <= 1, "{:?}", sequences(&claimed));
        for claimed in claimed {
            inbox.finish(claimed.attempt, Ending::Done).await.unwrap();
            done.push(claimed.attempt.sequence);
        }
    }
    assert!(done.is_sorted(), "{done:?}");
}

/// One room has thousands of events at the head of the queue, and its oldest waits for a retry.
/// Claims must still serve the other rooms without examining all of those events.
async fn a_room_with_a_long_backlog_does_not_keep_a_worker_from_the_others() {
    let inbox = PostgresInbox::connect(&test_postgres::database().await).await.unwrap();
    let put = async |events: Vec<_>| {
        let mut puts = JoinSet::new();
        for part in 0..8 {
            let inbox = inbox.clone();
            let events: Vec<_> = events.iter().skip(part).step_by(8).cloned().collect();
            puts.spawn(async move {
                for event in events {
                    inbox.put(event).await.unwrap();
                }
            });
        }
        puts.join_all().await;
    };
    put((0..1500).map(|number| in_room(number, "hot")).collect()).await;
    let first = claim(&inbox, &ordered(1, 10)).await;
    assert_eq!(sequences(&first), [1]);
    let retry = Ending::Retry { after: Duration::from_secs(3600), error: "later".into() };
    inbox.finish(first[0].attempt, retry).await.unwrap();

    let others = (0..1200).map(|number| in_room(10_000 + number, &format!("room {number:04}")));
    put(others.chain((0..3).map(|number| event(20_000 + number))).collect()).await;
    // One claim does not examine this many rooms, so the rooms take turns.
    let mut claimed = Vec::new();
    for _ in 0..100 {
        for event in claim(&inbox, &ordered(1, 32)).await {
            claimed.push(event.attempt.sequence);
            inbox.finish(event.attempt, Ending::Done).await.unwrap();
        }
    }
    claimed.sort_unstable();
    assert_eq!(claimed, (1501..=2703).collect::<Vec<_>>());
    assert!(claim(&inbox, &ordered(1, 32)).await.is_empty());
}

/// A claim examines each room once. Otherwise, it would read the events of other kinds at the head
/// of the room again for each of the remaining events.
async fn events_of_other_kinds_at_the_head_of_a_room_are_read_once_per_claim() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.put(in_room(0, "a")).await.unwrap();
    let copy = "INSERT INTO room_hooks.events
            (retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
        SELECT 0, 0, CASE WHEN number <= 4000 THEN 'zego/other' ELSE kind END, 1, room, 0, 0, state, next_at, payload
        FROM room_hooks.events, generate_series(1, 5000) AS number";
    test_postgres::client(&url).await.batch_execute(copy).await.unwrap();
    let first = claim(&inbox, &ordered(1, 1)).await;
    inbox.finish(first[0].attempt, Ending::Done).await.unwrap();
    let mut request = ordered(1, 10);
    request.kinds = Some(["zego/room_create".to_owned()].into());
    let begun = std::time::Instant::now();
    assert_eq!(sequences(&claim(&inbox, &request).await), [4002]);
    // Reading four million rows would take seconds; four thousand take milliseconds.
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

async fn rooms_that_wait_do_not_keep_a_worker_from_those_behind_them() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.put(in_room(0, "b")).await.unwrap();
    // 2500 rooms wait for a retry. Another room has more due events than a claim examines, but
    // waits, too.
    let fill = "INSERT INTO room_hooks.events
            (retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
        SELECT 0, 0, kind, 1, CASE WHEN number <= 2500 THEN 'a ' || number ELSE 'hot' END, 0, 0,
            CASE WHEN number <= 2501 THEN 'waiting' ELSE 'ready' END,
            CASE WHEN number <= 2501 THEN next_at + 3600000 ELSE next_at - 1000 END, payload
        FROM room_hooks.events, generate_series(1, 4000) AS number";
    test_postgres::client(&url).await.batch_execute(fill).await.unwrap();
    let mut found = Vec::new();
    for _ in 0..5 {
        found.extend(sequences(&claim(&inbox, &ordered(1, 1)).await));
    }
    assert_eq!(found, [1]);
}
