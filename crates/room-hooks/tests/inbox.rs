//! Hooks with an inbox, and the worker: an event is stored, acknowledged, and retried until its
//! handler succeeds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use room_hooks::{
    Callback, Handlers, Hooks, Provider, Verified,
    inbox::{Backoff, Discard, InboxStats, InboxStore, MemoryInbox, Worker},
    tencent,
    zego::{self, Zego},
};
use serde_json::json;
use tokio::{runtime::Handle, time::sleep};

use here::hooks_here;
use zego_hooks::{Counter, created, deliver, now, signed_at, zego};

const SECOND: Duration = Duration::from_secs(1);

fn hooks(inbox: &MemoryInbox) -> Hooks<Zego> {
    hooks_here(zego()).with_inbox(inbox.clone())
}

fn worker<P: Provider>(inbox: &MemoryInbox, handlers: Handlers<P>) -> Worker {
    let backoff = Backoff::new(SECOND, SECOND * 60).without_jitter();
    Worker::new(inbox.clone(), handlers).with_runtime(Handle::current()).with_backoff(backoff)
}

async fn stats(inbox: &MemoryInbox) -> (u64, u64, u64, u64) {
    let InboxStats { ready, leased, done, dead, .. } = inbox.stats().await.unwrap();
    (ready, leased, done, dead)
}

/// A record of handler calls.
type Seen<T> = Arc<Mutex<Vec<T>>>;

#[tokio::test(start_paused = true)]
async fn an_event_is_stored_before_the_response_and_handled_later_with_all_its_data() {
    let inbox = MemoryInbox::new();
    let hooks = hooks(&inbox);
    let event = json!({"event": "room_create", "room_id": "lob\u{0}by", "new_member": 7});
    assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
    assert_eq!(stats(&inbox).await, (1, 0, 0, 0));

    let seen = Seen::default();
    let handlers = Handlers::new().on_with(
        Arc::clone(&seen),
        async |seen: Seen<_>, created: Verified<zego::RoomCreated>| {
            seen.lock().unwrap().push(created);
        },
    );
    assert_eq!(worker(&inbox, handlers).run_until_idle().await, 1);
    assert_eq!(stats(&inbox).await, (0, 0, 1, 0));
    let created = seen.lock().unwrap().pop().unwrap();
    assert_eq!(created.event.room_id, "lob\0by");
    assert_eq!((created.app_id, created.attempt()), (1, 1));
    assert_eq!(created.sent_at, Some(now()));
    assert_eq!(created.first_received_at(), now());
    assert!(created.document.as_str().contains("new_member"));
    assert!(!created.document.as_str().contains("signature"));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_is_answered_200_and_stored_once_before_and_after_it_was_handled() {
    let inbox = MemoryInbox::new();
    let (hooks, body, calls) = (hooks(&inbox), signed_at(&created(), now()), Counter::default());
    let worker = worker(
        &inbox,
        Handlers::new().on_with(
            calls.clone(),
            async |calls: Counter, _: Verified<zego::RoomCreated>| {
                calls.count();
            },
        ),
    );
    for _ in 0..3 {
        for _ in 0..3 {
            assert_eq!(deliver(&hooks, &body).await.status, 200);
        }
        worker.run_until_idle().await;
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_signature_reused_for_other_content_is_refused_and_not_stored() {
    let inbox = MemoryInbox::new();
    let hooks = hooks(&inbox);
    let body = signed_at(&created(), now());
    let forged = String::from_utf8(body.clone()).unwrap().replace("lobby", "vault");
    assert_ne!(forged.as_bytes(), body);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(deliver(&hooks, forged.as_bytes()).await.status, 401);
    assert_eq!(stats(&inbox).await, (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_is_retried_with_backoff_until_it_is_handled() {
    let inbox = MemoryInbox::new();
    let hooks = hooks(&inbox);
    deliver(&hooks, &signed_at(&created(), now())).await;
    let begun = tokio::time::Instant::now();
    let seen = Seen::default();
    let handlers = Handlers::new().on_with(
        (Arc::clone(&seen), begun),
        async |(seen, begun): (Seen<_>, tokio::time::Instant),
               created: Verified<zego::RoomCreated>| {
            seen.lock().unwrap().push((created.attempt(), begun.elapsed().as_secs()));
            if created.attempt() < 4 { Err(io::Error::other("not yet")) } else { Ok(()) }
        },
    );
    let shutdown = sleep(SECOND * 30);
    worker(&inbox, handlers).run_until(shutdown).await;
    assert_eq!(*seen.lock().unwrap(), [(1, 0), (2, 1), (3, 3), (4, 7)]);
    assert_eq!(stats(&inbox).await, (0, 0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_fails_too_often_panics_or_is_late_becomes_a_dead_letter() {
    for case in ["fails", "panics", "late"] {
        let inbox = MemoryInbox::new();
        deliver(&hooks(&inbox), &signed_at(&created(), now())).await;
        let calls = Counter::default();
        let handlers = Handlers::new().on_with(
            (calls.clone(), case),
            async |(calls, case): (Counter, _), _: Verified<zego::RoomCreated>| {
                calls.count();
                match case {
                    "fails" => Err(io::Error::other("never")),
                    "panics" => panic!("a handler panics"),
                    _ => std::future::pending().await,
                }
            },
        );
        let worker = worker(&inbox, handlers).with_max_attempts(3).with_handler_timeout(SECOND);
        worker.run_until(sleep(SECOND * 60)).await;
        assert_eq!((calls.get(), stats(&inbox).await), (3, (0, 0, 0, 1)), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_discarded_event_is_a_dead_letter_at_once_and_can_be_retried() {
    let inbox = MemoryInbox::new();
    deliver(&hooks(&inbox), &signed_at(&created(), now())).await;
    let handlers =
        Handlers::new().on(async |created: Verified<zego::RoomCreated>| match created.attempt() {
            1 => Err(io::Error::other(Discard::new("a bad room"))),
            _ => Ok(()),
        });
    let worker = worker(&inbox, handlers);
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(stats(&inbox).await, (0, 0, 0, 1));
    assert!(inbox.retry(1).await.unwrap());
    assert_eq!(worker.run_until_idle().await, 1);
    assert_eq!(stats(&inbox).await, (0, 0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn events_without_a_handler_stay_for_a_worker_that_has_one() {
    let inbox = MemoryInbox::new();
    let hooks = hooks(&inbox);
    for event in ["room_create", "room_exit", "an_event_of_tomorrow"] {
        let event = json!({"event": event, "room_id": "lobby"});
        assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
    }
    let created = Handlers::new().on(async |_: Verified<zego::RoomCreated>| {});
    let other = Handlers::new().fallback(async |_: Verified<tencent::Event>| {});
    assert_eq!(worker(&inbox, created).with_handlers(other).run_until_idle().await, 1);
    assert_eq!(stats(&inbox).await, (2, 0, 1, 0));
    let rest = Handlers::new().fallback(async |_: Verified<zego::Event>| {});
    assert_eq!(worker(&inbox, rest).run_until_idle().await, 2);
}

#[tokio::test(start_paused = true)]
async fn rooms_keep_their_order_through_retries_with_many_handlers_at_once() {
    const ROOMS: usize = 10;
    const EVENTS: usize = 30;
    let inbox = MemoryInbox::new();
    let hooks = hooks(&inbox);
    for n in 0..EVENTS {
        for room in 0..ROOMS {
            let event = json!({
                "event": "room_create", "room_id": format!("room-{room}"), "room_session_id": n.to_string(),
                "room_create_time": 1_700_000_000_000_u64 + n as u64,
            });
            assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
        }
    }
    let (seen, calls) = (Seen::default(), Counter::default());
    let handlers = Handlers::new().on_with(
        (Arc::clone(&seen), calls.clone()),
        async |(seen, calls): (Seen<_>, Counter), created: Verified<zego::express::RoomCreated>| {
            let n = created.event.session().unwrap();
            calls.count();
            sleep(Duration::from_millis(n % 7)).await;
            if created.attempt() == 1 && n.is_multiple_of(3) {
                return Err("not at the first attempt");
            }
            seen.lock().unwrap().push((created.event.room_id.clone(), n));
            Ok(())
        },
    );
    let worker = worker(&inbox, handlers).ordered_by_room();
    worker.run_until(sleep(SECOND * 600)).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), ROOMS * EVENTS);
    assert_eq!(
        calls.get() as usize,
        ROOMS * EVENTS * 4 / 3,
        "a third of the events need two attempts"
    );
    for room in 0..ROOMS {
        let room = format!("room-{room}");
        let order = seen.iter().filter(|(id, _)| *id == room).map(|(_, n)| n);
        assert!(order.is_sorted(), "{room}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_for_a_full_inbox_is_answered_503_or_handled_directly_by_policy() {
    use room_hooks::inbox::OnInboxFailure;

    let inbox = MemoryInbox::with_max_events(0);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks(&inbox), &body).await.status, 503);

    let calls = Counter::default();
    let handlers = Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
        },
    );
    let direct = hooks(&inbox)
        .with_inbox_failure_policy(OnInboxFailure::HandleDirectly)
        .with_handlers(handlers);
    for _ in 0..2 {
        assert_eq!(deliver(&direct, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 1, "the second delivery is a duplicate");
    let other = json!({"event": "room_exit", "room_id": "lobby"});
    assert_eq!(deliver(&direct, &signed_at(&other, now())).await.status, 503, "no handler");
    let forged = String::from_utf8(body).unwrap().replace("lobby", "vault");
    assert_eq!(deliver(&direct, forged.as_bytes()).await.status, 401);
}
