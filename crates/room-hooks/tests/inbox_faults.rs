//! Unusual faults: errors that cannot be displayed, a runtime that ends, late handlers, and
//! suspects that another worker claims.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use room_hooks::{
    Callback, Handlers, Hooks, Verified,
    inbox::{Backoff, ClaimRequest, Ending, InboxStats, InboxStore, MemoryInbox, Worker, WorkerId},
    zego,
};
use serde_json::json;
use tokio::{
    runtime::{Builder, Handle},
    time::sleep,
};

use zego_hooks::{Counter, deliver, now, signed_at, zego};

const SECOND: Duration = Duration::from_secs(1);

async fn put(inbox: &MemoryInbox, rooms: impl IntoIterator<Item = &str>) {
    let hooks = Hooks::new(zego()).with_runtime(Handle::current()).with_inbox(inbox.clone());
    for room in rooms {
        let event = json!({"event": "room_create", "room_id": room});
        assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
    }
}

fn counting(calls: &Counter) -> Handlers<zego::Zego> {
    Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
        },
    )
}

/// An error whose message cannot be displayed.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a message that panics")
    }
}

impl Error for Unspeakable {}

#[tokio::test(start_paused = true)]
async fn an_error_whose_display_panics_is_a_failed_attempt_and_keeps_no_lease() {
    let inbox = MemoryInbox::new();
    put(&inbox, ["lobby"]).await;
    let calls = Counter::default();
    let handlers = Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
            Err::<(), _>(Unspeakable)
        },
    );
    let worker = Worker::new(inbox.clone(), handlers)
        .with_runtime(Handle::current())
        .with_backoff(Backoff::new(SECOND, SECOND))
        .with_max_attempts(3);
    worker.run_until(sleep(SECOND * 10)).await;
    assert_eq!((calls.get(), inbox.stats().await.unwrap().dead), (3, 1));
}

#[tokio::test]
async fn events_are_released_when_the_handlers_runtime_ends_and_run_on_another() {
    let inbox = MemoryInbox::new();
    put(&inbox, ["a", "b", "c"]).await;
    let calls = Counter::default();
    let ending = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let worker = Worker::new(inbox.clone(), counting(&calls)).with_runtime(ending.handle().clone());
    ending.shutdown_background();
    worker.run_until(sleep(SECOND)).await;
    let InboxStats { done, dead, .. } = inbox.stats().await.unwrap();
    assert_eq!((calls.get(), done, dead), (3, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_late_handler_has_stopped_before_its_next_attempt_begins() {
    struct Noted(Arc<Mutex<Vec<String>>>, u32);

    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(format!("end {}", self.1));
        }
    }

    let inbox = MemoryInbox::new();
    put(&inbox, ["lobby"]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handlers = Handlers::new().on_with(
        Arc::clone(&seen),
        async |seen: Arc<Mutex<Vec<String>>>, created: Verified<zego::RoomCreated>| {
            seen.lock().unwrap().push(format!("begin {}", created.attempt()));
            let _noted = Noted(seen, created.attempt());
            if created.attempt() < 3 {
                sleep(SECOND * 60).await;
            }
        },
    );
    let worker = Worker::new(inbox.clone(), handlers)
        .with_runtime(Handle::current())
        .with_backoff(Backoff::new(Duration::ZERO, Duration::ZERO))
        .with_handler_timeout(SECOND);
    worker.run_until(sleep(SECOND * 10)).await;
    let expected = ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

/// Otherwise, a crash would leave every worker idle until its slowest handler finishes.
#[tokio::test(start_paused = true)]
async fn a_worker_continues_when_another_worker_has_claimed_the_suspects() {
    let inbox = MemoryInbox::new();
    put(&inbox, ["suspect"]).await;
    let crashed = ClaimRequest::new(WorkerId(1), 1, SECOND);
    assert_eq!(inbox.claim(crashed).await.unwrap().events.len(), 1);

    put(&inbox, ["slow"]).await;
    let calls = Counter::default();
    let handlers = Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, created: Verified<zego::RoomCreated>| {
            if created.event.room_id() == Some("slow") {
                sleep(SECOND * 200).await;
            }
            calls.count();
        },
    );
    let worker = Worker::new(inbox.clone(), handlers).with_runtime(Handle::current());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(worker.run_until(async { stopped.await.unwrap_or_default() }));
    sleep(SECOND * 5).await;

    // Another, idle worker handles the suspect. The first can then claim other events.
    let claims = inbox.claim(ClaimRequest::new(WorkerId(2), 1, SECOND)).await.unwrap();
    assert!(claims.events[0].is_suspect);
    assert!(inbox.finish(claims.events[0].attempt, Ending::Done).await.unwrap());
    put(&inbox, ["a", "b", "c"]).await;
    sleep(SECOND * 5).await;
    assert_eq!(calls.get(), 3, "the other events do not wait for the slow handler");
    drop(stop);
    working.await.unwrap();
}
