//! Where handlers run: not on a single thread, and no longer than the runtime that they are on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::json;
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

fn runtimes() -> [Runtime; 2] {
    let several = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    [Builder::new_current_thread().enable_all().build().unwrap(), several]
}

#[test]
fn hooks_made_in_a_runtime_that_has_ended_use_the_runtime_of_the_delivery() {
    for (ended, living) in runtimes().into_iter().zip(runtimes().into_iter().rev()) {
        let (zego, calls) = (Zego::new(1, "secret").unwrap(), Arc::new(AtomicU32::new(0)));
        let hooks = ended.block_on(async {
            Hooks::new(zego.clone()).on_with(
                Arc::clone(&calls),
                async |calls, _: Verified<RoomCreated>| {
                    sleep(Duration::from_millis(1)).await;
                    calls.fetch_add(1, Ordering::SeqCst);
                },
            )
        });
        drop(ended);
        let now = now();
        for n in 1..=2 {
            let event = json!({"event": "room_create", "room_id": format!("room-{n}")});
            let signed = zego.sign(&event, now).unwrap();
            let answer = living.block_on(hooks.deliver(signed.as_delivery(), now));
            assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (200, n));
        }
    }
}

/// Where no lease would free it: in memory, the end of the task gives the claim back.
#[test]
fn a_delivery_whose_handler_ended_with_its_runtime_is_handled_on_the_retry() {
    // Handlers run on the one that has several threads.
    let [living, ended] = runtimes();
    let (zego, calls) = (Zego::new(1, "secret").unwrap(), Arc::new(AtomicU32::new(0)));
    let hooks = ended.block_on(async {
        Hooks::new(zego.clone()).on_with(
            Arc::clone(&calls),
            async |calls, _: Verified<RoomCreated>| {
                if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                    std::future::pending::<()>().await;
                }
            },
        )
    });
    let event = json!({"event": "room_create", "room_id": "lobby"});
    let signed = zego.sign(&event, now()).unwrap();
    ended.block_on(async {
        let answer = hooks.deliver(signed.as_delivery(), now());
        assert!(tokio::time::timeout(Duration::from_millis(5), answer).await.is_err());
    });
    drop(ended);
    let answer = living.block_on(hooks.deliver(signed.as_delivery(), now()));
    assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (200, 2));
}

/// The handler is given up by its sender and goes to the runtime that lives.
#[test]
fn a_handler_whose_sender_hung_up_outlives_the_runtime_that_has_ended() {
    let [ended, living] = runtimes();
    let (zego, calls) = (Zego::new(1, "secret").unwrap(), Arc::new(AtomicU32::new(0)));
    let hooks = ended.block_on(async {
        Hooks::new(zego.clone()).on_with(
            Arc::clone(&calls),
            async |calls, _: Verified<RoomCreated>| {
                sleep(Duration::from_millis(20)).await;
                calls.fetch_add(1, Ordering::SeqCst);
            },
        )
    });
    drop(ended);
    living.block_on(async {
        let now = now();
        let event = json!({"event": "room_create", "room_id": "lobby"});
        let signed = zego.sign(&event, now).unwrap();
        let answer = hooks.deliver(signed.as_delivery(), now);
        assert!(tokio::time::timeout(Duration::from_millis(5), answer).await.is_err());
        hooks.drained().await;
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

/// On a runtime of several threads, and on the hooks' own where there is but one.
#[test]
fn a_handler_that_blocks_its_thread_leaves_its_sender_with_503_at_the_timeout() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let (zego, calls) = (Zego::new(1, "secret").unwrap(), Arc::new(AtomicU32::new(0)));
            let hooks = Hooks::new(zego.clone())
                .with_handler_deadline(Duration::from_millis(100))
                .on_with(Arc::clone(&calls), async |calls, _: Verified<RoomCreated>| {
                    #[expect(clippy::disallowed_methods, reason = "it blocks its thread")]
                    std::thread::sleep(Duration::from_secs(1));
                    calls.fetch_add(1, Ordering::SeqCst);
                });
            let event = json!({"event": "room_create", "room_id": "lobby"});
            let signed = zego.sign(&event, now()).unwrap();
            let answer = hooks.deliver(signed.as_delivery(), now()).await;
            assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (503, 0));
            hooks.drained().await;
            let answer = hooks.deliver(signed.as_delivery(), now()).await;
            assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (200, 1));
        });
    }
}
