//! The runtimes of handlers: which runtime runs a handler, and the effect of a runtime that ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

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

use room_hooks::{Delivery, Hooks, RoomCreated, Verified, zego::Zego};

use here::hooks_here;
use zego_hooks::{Counter, created, signed_at, zego};

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

/// The retry need not wait for the lease: with the memory store, the end of the task releases the
/// claim.
#[test]
fn a_delivery_whose_handler_ended_with_its_runtime_is_handled_on_the_retry() {
    // Handlers run on the runtime with several threads.
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

/// The hooks move the handler to the runtime that is still alive.
#[test]
fn a_handler_whose_sender_hung_up_runs_although_the_hooks_runtime_has_ended() {
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
        hooks.wait_idle().await;
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

/// Runs on a runtime with several threads, and on the hooks' own runtime if there is only one
/// thread.
#[test]
fn a_handler_that_blocks_its_thread_leaves_its_sender_with_503_at_the_timeout() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let (zego, calls) = (Zego::new(1, "secret").unwrap(), Arc::new(AtomicU32::new(0)));
            let hooks = Hooks::new(zego.clone())
                .with_handler_timeout(Duration::from_millis(100))
                .on_with(Arc::clone(&calls), async |calls, _: Verified<RoomCreated>| {
                    #[expect(clippy::disallowed_methods, reason = "blocks on purpose")]
                    std::thread::sleep(Duration::from_secs(1));
                    calls.fetch_add(1, Ordering::SeqCst);
                });
            let event = json!({"event": "room_create", "room_id": "lobby"});
            let signed = zego.sign(&event, now()).unwrap();
            let answer = hooks.deliver(signed.as_delivery(), now()).await;
            assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (503, 0));
            hooks.wait_idle().await;
            let answer = hooks.deliver(signed.as_delivery(), now()).await;
            assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (200, 1));
        });
    }
}

/// Each worker of actix-web has its own runtime, like the delivery here.
#[test]
fn a_handler_outlives_the_runtime_that_received_its_delivery() {
    let main = Runtime::new().unwrap();
    let worker = Builder::new_current_thread().enable_all().build().unwrap();
    let (begun, ended) = (Counter::default(), Counter::default());
    let counters = (begun.clone(), ended.clone());
    let hooks = main.block_on(async {
        hooks_here(zego()).on_with(counters, async |(begun, ended), _: Verified<RoomCreated>| {
            begun.count();
            // The timer belongs to the runtime that starts the handler: the worker's or the main
            // one.
            sleep(Duration::from_millis(100)).await;
            ended.count();
        })
    });
    let body = signed_at(&created(), now());
    worker.spawn(hooks.deliver(Delivery::new(&body), now()));
    worker.block_on(async { sleep(Duration::from_millis(10)).await });
    drop(worker);
    main.block_on(hooks.wait_idle());
    assert_eq!((begun.get(), ended.get()), (1, 1));
}
