//! Inbox leases on a real clock: a live worker keeps its events, even if its handlers block.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{thread, time::Duration};

use room_hooks::{
    Handlers, Hooks, Verified,
    inbox::{InboxStore, MemoryInbox, Worker},
    zego,
};
use serde_json::json;
use tokio::time::sleep;

use zego_hooks::{Counter, deliver, now, signed_at, zego};

const LEASE: Duration = Duration::from_millis(300);

async fn put(inbox: &MemoryInbox, events: u64) {
    let hooks = Hooks::new(zego()).with_inbox(inbox.clone());
    for n in 0..events {
        let event = json!({"event": "room_create", "room_id": format!("room-{n}")});
        assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_keeps_its_lease_and_does_not_stop_other_workers() {
    let inbox = MemoryInbox::new();
    put(&inbox, 4).await;
    let (blocking, other) = (Counter::default(), Counter::default());
    // On its own runtime, whose two threads are blocked for three leases.
    let blocked = {
        let (inbox, calls) = (inbox.clone(), blocking.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let handlers = Handlers::new().on_with(
                    calls,
                    async |calls: Counter, _: Verified<zego::RoomCreated>| {
                        calls.count();
                        #[expect(clippy::disallowed_methods, reason = "blocks on purpose")]
                        thread::sleep(LEASE * 3);
                    },
                );
                let worker = Worker::new(inbox, handlers).with_lease(LEASE).with_concurrency(4);
                worker.run_until(sleep(LEASE)).await;
            });
        })
    };
    while inbox.stats().await.unwrap().leased < 4 {
        sleep(Duration::from_millis(5)).await;
    }
    let handlers = Handlers::new().on_with(
        other.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
        },
    );
    let worker = Worker::new(inbox.clone(), handlers).with_lease(LEASE);
    worker.run_until(sleep(LEASE * 5)).await;
    tokio::task::spawn_blocking(|| blocked.join().unwrap()).await.unwrap();
    assert_eq!((blocking.get(), other.get()), (4, 0));
    assert_eq!(inbox.stats().await.unwrap().done, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_events_of_a_dropped_worker_are_handled_by_another_after_the_lease() {
    let inbox = MemoryInbox::new();
    put(&inbox, 3).await;
    let calls = Counter::default();
    let stuck = Handlers::new().on_with(
        calls.clone(),
        async |calls: Counter, _: Verified<zego::RoomCreated>| {
            calls.count();
            std::future::pending::<()>().await;
        },
    );
    let worker = Worker::new(inbox.clone(), stuck).with_lease(LEASE);
    let crashed = tokio::time::timeout(Duration::from_millis(100), worker.run()).await;
    assert!(crashed.is_err() && calls.get() == 3);
    let attempts = Counter::default();
    let handlers = Handlers::new().on_with(
        attempts.clone(),
        async |attempts: Counter, created: Verified<zego::RoomCreated>| {
            assert_eq!(created.attempt(), 2);
            attempts.count();
        },
    );
    let worker = Worker::new(inbox.clone(), handlers).with_lease(LEASE);
    assert_eq!(worker.run_until_idle().await, 0, "the events are leased");
    worker.run_until(sleep(LEASE * 3)).await;
    assert_eq!((attempts.get(), inbox.stats().await.unwrap().done), (3, 3));
}
