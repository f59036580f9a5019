//! Clock jumps.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use room_hooks::{
    Delivery, Hooks, RoomCreated, SignatureKey, Verified,
    hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError},
    inbox::{AttemptId, Ending, InboxStore, PutOutcome, Retention, WorkerId},
    zego::Zego,
};
use room_hooks_sqlite::SqliteStore;
use serde_json::json;

use crate::{LEASE, claim, event, file::File, id, in_room, request, sequences};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

async fn retry(inbox: &impl InboxStore, attempt: AttemptId, after: Duration) {
    let ending = Ending::Retry { after, error: "later".into() };
    assert!(inbox.finish(attempt, ending).await.unwrap());
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_delay_ready_events() {
    for span in [Duration::from_millis(1), SECOND, 2 * SECOND, HOUR, HOUR * 24 * 365] {
        let file = File::new();
        let inbox = file.inbox();
        inbox.put(event(1)).await.unwrap();
        inbox.set_clock_back(span);
        assert_eq!(sequences(&claim(&inbox, &request(1, 1)).await), [1], "{span:?}");
        file.check();
    }
}

#[tokio::test]
async fn a_retry_waits_as_long_as_before_after_the_clock_is_set_back() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    retry(&inbox, claimed[0].attempt, 10 * SECOND).await;
    inbox.set_clock_back(HOUR);
    assert!(claim(&inbox, &request(1, 1)).await.is_empty());
    inbox.advance_clock(9 * SECOND);
    assert!(claim(&inbox, &request(1, 1)).await.is_empty());
    inbox.advance_clock(SECOND);
    assert_eq!(sequences(&claim(&inbox, &request(1, 1)).await), [1]);
}

/// The event became due while the clock was ahead. The poll that found it wrote nothing to the
/// file.
#[tokio::test]
async fn an_event_that_a_poll_has_found_due_stays_due_when_the_clock_is_set_back() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    retry(&inbox, claimed[0].attempt, HOUR).await;
    inbox.advance_clock(HOUR);
    let mut other = request(1, 1);
    other.kinds = Some(["zego/other".to_owned()].into());
    assert!(claim(&inbox, &other).await.is_empty());
    inbox.set_clock_back(HOUR / 2);
    assert_eq!(sequences(&claim(&inbox, &request(1, 1)).await), [1]);
}

/// Events that were stored while the clock was ahead must not stay until it reaches that time
/// again.
#[tokio::test]
async fn events_stored_while_the_clock_was_a_year_ahead_can_be_pruned() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let file = File::new();
    let inbox = file.inbox().with_max_rows(2);
    inbox.advance_clock(DAY * 365);
    for number in 0..2 {
        let mut event = event(number);
        event.signature = Some(SignatureKey::from_bytes(*id(number).as_bytes()));
        assert_eq!(inbox.put(event).await.unwrap(), PutOutcome::New);
    }
    for claimed in claim(&inbox, &request(1, 2)).await {
        assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
    }
    inbox.set_clock_back(DAY * 365);
    assert_eq!(inbox.put(event(0)).await.unwrap(), PutOutcome::Duplicate);
    inbox.advance_clock(DAY * 30);
    let retention = Retention::new(DAY * 7, DAY * 90);
    assert_eq!(inbox.prune(retention, 10).await.unwrap(), 2);
    for number in 0..2 {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::New);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_and_forth_leases_nothing_twice() {
    let file = File::new();
    let inbox = file.inbox();
    for number in 0..3 {
        inbox.put(event(number)).await.unwrap();
    }
    let first = claim(&inbox, &request(1, 1)).await;
    for _ in 0..5 {
        inbox.set_clock_back(HOUR);
        // The lease of the first worker, which would now end an hour later, is shifted with the
        // clock.
        assert!(!sequences(&claim(&inbox, &request(2, 1)).await).contains(&1));
        inbox.advance_clock(LEASE / 2);
        assert!(!sequences(&claim(&inbox, &request(2, 1)).await).contains(&1));
        inbox.renew(WorkerId(1), LEASE).await.unwrap();
    }
    // A jump forward ends the lease, because it looks like a worker that was frozen for as long.
    inbox.advance_clock(2 * LEASE);
    assert_eq!(sequences(&claim(&inbox, &request(3, 1)).await).len(), 1);
    assert!(inbox.finish(first[0].attempt, Ending::Done).await.unwrap() || first.is_empty());
    file.check();
}

/// Two handles stand for two processes. The second must not repeat the shift of the first.
#[tokio::test]
async fn a_clock_that_is_set_back_shifts_leases_once_for_all_processes() {
    let file = File::new();
    let (one, two) = (file.inbox(), file.inbox());
    one.put(event(1)).await.unwrap();
    one.put(event(2)).await.unwrap();
    assert_eq!(sequences(&claim(&one, &request(1, 1)).await), [1]);
    // Both have seen the later time.
    two.put(event(3)).await.unwrap();
    for inbox in [&one, &two] {
        inbox.set_clock_back(HOUR);
    }
    one.put(event(4)).await.unwrap();
    two.put(event(5)).await.unwrap();
    for _ in 0..3 {
        let others = sequences(&claim(&two, &request(2, 1)).await);
        assert!(!others.contains(&1), "the lease ran out early");
    }
    for inbox in [&one, &two] {
        inbox.advance_clock(LEASE);
    }
    let suspects = claim(&two, &request(3, 5)).await;
    assert_eq!(sequences(&suspects), [1], "the lease ran out on time");
}

#[tokio::test]
async fn a_clock_that_is_set_back_while_nothing_waits_costs_one_write() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap();
    inbox.set_clock_back(HOUR);
    let set_backs = || -> i64 {
        let read = "SELECT set_backs FROM room_hooks_totals";
        file.connection().query_row(read, [], |row| row.get(0)).unwrap()
    };
    for _ in 0..3 {
        assert!(claim(&inbox, &request(1, 1)).await.is_empty());
        assert_eq!(set_backs(), 1);
    }
    inbox.put(in_room(2, "lobby")).await.unwrap();
    assert_eq!(sequences(&claim(&inbox, &request(1, 1)).await), [2]);
}

#[tokio::test]
async fn a_lease_of_the_delivery_store_is_shifted_with_the_clock_too() {
    let file = File::new();
    let store = SqliteStore::open(file.path()).unwrap();
    store.stop_clock();
    let (now, [held, settled]) = (Instant::now(), [delivery().await, delivery().await]);
    assert!(matches!(store.claim(held, now).await, Ok(ClaimOutcome::Granted(_))));
    store.settle(settled, now).await.unwrap();
    store.set_clock_back(HOUR);
    assert!(matches!(store.claim(held, now).await, Ok(ClaimOutcome::InProgress)));
    store.advance_clock(held.lease);
    assert!(matches!(store.claim(held, now).await, Ok(ClaimOutcome::Granted(_))));
    assert!(matches!(store.claim(settled, now).await, Ok(ClaimOutcome::Settled)));
}

/// A delivery key as the hooks pass it to a store.
async fn delivery() -> DeliveryKey {
    let spy = Spy::default();
    let zego = Zego::new(1, "secret").unwrap();
    let room = format!("room-{:p}", Arc::as_ptr(&spy.0));
    let event = json!({"event": "room_create", "room_id": room, "spied_at": format!("{:?}", Instant::now())});
    let body = zego.sign(&event, SystemTime::now()).unwrap().body;
    let hooks = Hooks::new(zego).on(async |_: Verified<RoomCreated>| {}).with_store(spy.clone());
    hooks.deliver(Delivery::new(&body), SystemTime::now()).await;
    spy.0.lock().unwrap().unwrap()
}

#[derive(Debug, Clone, Default)]
struct Spy(Arc<Mutex<Option<DeliveryKey>>>);

impl DeliveryStore for Spy {
    async fn claim(&self, delivery: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        *self.0.lock().unwrap() = Some(delivery);
        Ok(ClaimOutcome::Settled)
    }

    async fn bind(&self, _: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}
