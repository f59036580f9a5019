//! Hooks whose inbox is unavailable spill events, and put them in the inbox once it is available.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod absent;
mod here;
mod zego_hooks;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use room_hooks::{
    Delivery, Handlers, Hooks, Verified,
    inbox::{
        ClaimRequest, EventState, InboxStats, InboxStore, MemoryInbox, NewEvent, OnInboxFailure,
        Worker, WorkerId,
    },
    zego::{self, Zego},
};
use serde_json::json;
use tokio::{runtime::Handle, time::sleep};

use absent::Absent;
use here::hooks_here;
use zego_hooks::{created, deliver, forged, now, signed_at, zego};

const SECOND: Duration = Duration::from_secs(1);

fn spilling(inbox: &Absent, spill: impl InboxStore) -> Hooks<Zego> {
    hooks_here(zego())
        .with_inbox(inbox.clone())
        .with_inbox_failure_policy(OnInboxFailure::Spill(Arc::new(spill)))
}

fn numbered(number: u64) -> Vec<u8> {
    numbered_at(number, now())
}

fn numbered_at(number: u64, time: SystemTime) -> Vec<u8> {
    let event = json!({
        "event": "room_create", "room_id": format!("room {}", number % 3), "room_name": number.to_string()
    });
    signed_at(&event, time)
}

/// Sends the event with this number. Returns the response's status.
async fn send(hooks: &Hooks<Zego>, number: u64) -> u16 {
    deliver(hooks, &numbered(number)).await.status
}

/// The handled events: the numbers for each room.
#[derive(Debug, Clone, Default)]
struct Handled(Arc<Mutex<HashMap<String, Vec<u64>>>>);

impl Handled {
    fn handlers(&self) -> Handlers<Zego> {
        Handlers::new().on_with(
            self.clone(),
            async |handled: Self, created: Verified<zego::RoomCreated>| {
                let created = created.into_inner();
                let number = created.room_name.unwrap().parse().unwrap();
                handled.0.lock().unwrap().entry(created.room_id).or_default().push(number);
            },
        )
    }

    async fn work(&self, inbox: &Absent) {
        let worker = Worker::new(inbox.clone(), self.handlers());
        worker.with_runtime(Handle::current()).ordered_by_room().run_until_idle().await;
    }

    fn numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<_> = self.0.lock().unwrap().values().flatten().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    fn is_in_order(&self) -> bool {
        self.0.lock().unwrap().values().all(|numbers| numbers.is_sorted())
    }
}

async fn waiting(inbox: &impl InboxStore) -> (u64, u64) {
    let InboxStats { ready, leased, dead, .. } = inbox.stats().await.unwrap();
    (ready + leased, dead)
}

/// Sends one event each second, without retries. The inbox is unavailable for five minutes. Returns
/// the numbers of the acknowledged events.
async fn outage(hooks: &Hooks<Zego>, inbox: &Absent) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    for number in 0..360 {
        match number {
            30 => inbox.leave(),
            330 => inbox.come_back(),
            _ => {}
        }
        let time = now() + SECOND * number as u32;
        let body = numbered_at(number, time);
        if hooks.deliver(Delivery::new(&body), time).await.status == 200 {
            acknowledged.push(number);
        }
        sleep(SECOND).await;
    }
    sleep(SECOND * 15).await;
    acknowledged
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_five_minutes_loses_nothing_with_a_spill_and_keeps_the_order() {
    let (inbox, spill, handled) = (Absent::default(), MemoryInbox::new(), Handled::default());
    let hooks = spilling(&inbox, spill.clone());
    let acknowledged = outage(&hooks, &inbox).await;
    assert_eq!(acknowledged, (0..360).collect::<Vec<_>>());
    assert_eq!(spill.list(None, 0, 10).await.unwrap(), [], "the spill is drained and pruned");
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), acknowledged);
    assert!(handled.is_in_order(), "{handled:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_five_minutes_loses_nothing_with_direct_handling() {
    let (inbox, handled) = (Absent::default(), Handled::default());
    let hooks = hooks_here(zego())
        .with_inbox(inbox.clone())
        .with_inbox_failure_policy(OnInboxFailure::HandleDirectly)
        .with_handlers(handled.handlers());
    let acknowledged = outage(&hooks, &inbox).await;
    assert_eq!(acknowledged, (0..360).collect::<Vec<_>>());
    assert_eq!(handled.numbers(), (30..330).collect::<Vec<_>>());
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), acknowledged);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_five_minutes_loses_refused_events_but_no_acknowledged_ones() {
    let (inbox, handled) = (Absent::default(), Handled::default());
    let hooks = hooks_here(zego()).with_inbox(inbox.clone());
    let acknowledged = outage(&hooks, &inbox).await;
    assert_eq!(acknowledged, (0..30).chain(330..360).collect::<Vec<_>>());
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), acknowledged);
}

#[tokio::test(start_paused = true)]
async fn later_events_do_not_overtake_those_that_wait_in_the_spill() {
    let (inbox, spill, handled) = (Absent::default(), Absent::default(), Handled::default());
    let hooks = spilling(&inbox, spill.clone());
    sleep(SECOND).await;
    assert_eq!(send(&hooks, 0).await, 200);
    assert_eq!(spill.puts(), 0, "the inbox has stored it");
    inbox.leave();
    assert_eq!(send(&hooks, 1).await, 200);
    // Long enough for the drainer to back off.
    sleep(SECOND * 20).await;
    inbox.come_back();
    for number in 2..6 {
        assert_eq!(send(&hooks, number).await, 200);
    }
    assert_eq!((waiting(&inbox).await, waiting(&spill).await), ((1, 0), (5, 0)));
    sleep(SECOND * 15).await;
    assert_eq!((waiting(&inbox).await, waiting(&spill).await), ((6, 0), (0, 0)));
    assert_eq!(send(&hooks, 6).await, 200);
    assert_eq!(spill.puts(), 5, "the inbox has stored it");
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), [0, 1, 2, 3, 4, 5, 6]);
    assert!(handled.is_in_order(), "{handled:?}");
}

/// A put or a response that is in progress must not hide an event when hooks check whether the
/// spill is empty.
#[tokio::test(start_paused = true)]
async fn a_slow_spill_keeps_the_order() {
    for tenths in 1..40 {
        keeps_the_order(Absent::slow(SECOND / 10 * tenths), SECOND * 20).await;
        keeps_the_order(Absent::slow_stats(SECOND * 2), SECOND * 20 + SECOND / 10 * tenths).await;
    }
}

/// Sends events after `time`, the first of them while the inbox is unavailable.
async fn keeps_the_order(spill: Absent, time: Duration) {
    let (inbox, handled) = (Absent::default(), Handled::default());
    let hooks = spilling(&inbox, spill.clone()).with_inbox_timeout(SECOND * 10);
    sleep(time).await;
    inbox.leave();
    assert_eq!(send(&hooks, 0).await, 200);
    inbox.come_back();
    for number in [3, 6, 9] {
        assert_eq!(send(&hooks, number).await, 200);
        sleep(SECOND / 10).await;
    }
    sleep(SECOND * 100).await;
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), [0, 3, 6, 9]);
    assert!(handled.is_in_order(), "{spill:?}, {time:?}: {handled:?}");
}

/// Puts three events in a spill, like a process that ends before its inbox is available again.
async fn leave_in_spill(spill: &MemoryInbox) {
    let inbox = Absent::default();
    inbox.leave();
    let hooks = spilling(&inbox, spill.clone());
    for number in 0..3 {
        assert_eq!(send(&hooks, number).await, 200);
    }
    drop(hooks);
    sleep(SECOND * 20).await;
    assert_eq!(waiting(spill).await, (3, 0), "nothing drains the spill");
}

#[tokio::test(start_paused = true)]
async fn events_that_an_earlier_process_left_in_the_spill_are_drained_at_once() {
    let (inbox, spill) = (Absent::default(), MemoryInbox::new());
    leave_in_spill(&spill).await;
    let _hooks = spilling(&inbox, spill.clone());
    sleep(SECOND).await;
    assert_eq!((waiting(&inbox).await, waiting(&spill).await), ((3, 0), (0, 0)));
}

/// The number of crashes while the events were drained makes no difference.
#[tokio::test(start_paused = true)]
async fn events_that_crashed_processes_left_in_the_spill_come_first() {
    const LEASE: Duration = Duration::from_secs(10);
    let (inbox, spill, handled) = (Absent::default(), MemoryInbox::new(), Handled::default());
    leave_in_spill(&spill).await;
    for crashed in 1..5 {
        assert!(!spill.claim(claim_of(crashed, LEASE)).await.unwrap().events.is_empty());
        sleep(LEASE).await;
    }
    // Another process drains it, too.
    assert_eq!(spill.claim(claim_of(9, LEASE)).await.unwrap().events.len(), 1);
    let hooks = spilling(&inbox, spill.clone());
    for number in 3..6 {
        assert_eq!(send(&hooks, number).await, 200);
        sleep(SECOND).await;
    }
    sleep(SECOND * 60).await;
    assert_eq!(waiting(&spill).await, (0, 0));
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), [0, 1, 2, 3, 4, 5]);
    assert!(handled.is_in_order(), "{handled:?}");
}

fn claim_of(worker: i64, lease: Duration) -> ClaimRequest {
    let mut request = ClaimRequest::new(WorkerId(worker), 2, lease);
    request.is_ordered = true;
    request.max_crashes = u32::MAX;
    request
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_found_before_in_and_after_an_outage() {
    let (inbox, spill, handled) = (Absent::default(), MemoryInbox::new(), Handled::default());
    let hooks = spilling(&inbox, spill.clone());
    sleep(SECOND).await;
    assert_eq!(send(&hooks, 0).await, 200);
    inbox.leave();
    for number in [0, 1, 1] {
        assert_eq!(send(&hooks, number).await, 200);
    }
    inbox.come_back();
    sleep(SECOND * 15).await;
    for number in 0..2 {
        assert_eq!(send(&hooks, number).await, 200);
    }
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_signature_reused_during_an_outage_is_refused_by_the_process_that_bound_it() {
    let (inbox, spill) = (Absent::default(), MemoryInbox::new());
    let hooks = spilling(&inbox, spill.clone());
    sleep(SECOND).await;
    let (before, during) = (signed_at(&created(), now()), numbered(0));
    assert_eq!(deliver(&hooks, &before).await.status, 200);
    inbox.leave();
    assert_eq!(deliver(&hooks, &during).await.status, 200);
    let forged_room = String::from_utf8(during.clone()).unwrap().replace("room 0", "room 9");
    for forgery in [forged(&before), forged_room.into_bytes()] {
        assert_eq!(deliver(&hooks, &forgery).await.status, 401);
    }
    assert_eq!(waiting(&spill).await, (1, 0));
}

/// Another process has received the signature, so only the inbox knows it.
#[tokio::test(start_paused = true)]
async fn a_spilled_event_with_the_signature_of_another_reaches_no_handler_and_is_kept() {
    let (inbox, spill, handled) = (Absent::default(), MemoryInbox::new(), Handled::default());
    let body = numbered(1);
    let other_process = hooks_here(zego()).with_inbox(inbox.clone());
    assert_eq!(deliver(&other_process, &body).await.status, 200);
    inbox.leave();
    let hooks = spilling(&inbox, spill.clone());
    let forged = String::from_utf8(body).unwrap().replace("room 1", "room 9").into_bytes();
    assert_eq!(deliver(&hooks, &forged).await.status, 200);
    assert_eq!(send(&hooks, 2).await, 200);
    inbox.come_back();
    sleep(SECOND * 15).await;
    handled.work(&inbox).await;
    assert_eq!(handled.numbers(), [1, 2]);
    assert!(!handled.0.lock().unwrap().contains_key("room 9"));
    let dead = spill.list(Some(EventState::Dead), 0, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].error.as_deref().unwrap().contains("signature belongs to another event"));
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_or_full_spill_does_not_keep_events_from_the_inbox() {
    let (inbox, spill) = (Absent::default(), Absent::default());
    spill.leave();
    let hooks = spilling(&inbox, spill.clone());
    sleep(SECOND).await;
    assert_eq!(send(&hooks, 0).await, 200);
    assert_eq!(waiting(&inbox).await, (1, 0));
    inbox.leave();
    assert_eq!(send(&hooks, 1).await, 503);
    spill.come_back();
    assert_eq!(send(&hooks, 1).await, 200);

    let full = MemoryInbox::with_max_events(1);
    let inbox = Absent::default();
    inbox.leave();
    let hooks = spilling(&inbox, full.clone());
    assert_eq!((send(&hooks, 2).await, send(&hooks, 3).await), (200, 503));
    inbox.come_back();
    assert_eq!(send(&hooks, 4).await, 200);
    sleep(SECOND * 15).await;
    assert_eq!((waiting(&inbox).await, waiting(&full).await), ((2, 0), (0, 0)));
}

/// Neither the room nor the times of an event are lost in the spill.
#[tokio::test(start_paused = true)]
async fn a_drained_event_is_unchanged() {
    let (inbox, spill, direct) = (Absent::default(), MemoryInbox::new(), MemoryInbox::new());
    inbox.leave();
    let hooks = spilling(&inbox, spill);
    let body = numbered(7);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    inbox.come_back();
    sleep(SECOND * 15).await;
    let expected = hooks_here(zego()).with_inbox(direct.clone());
    assert_eq!(deliver(&expected, &body).await.status, 200);
    let event =
        async |inbox: &dyn InboxStore| -> NewEvent { inbox.get(1).await.unwrap().unwrap().1 };
    assert_eq!(event(&inbox).await, event(&direct).await);
}
