//! ZEGO hooks whose handlers count their calls, and the callbacks that the tests send to them.

#![allow(dead_code, reason = "no test uses everything")]

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use room_hooks::{Delivery, Hooks, RoomCreated, Verified, adapter::CallbackResponse, zego::Zego};

use crate::here::hooks_here;

pub(crate) fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub(crate) fn created() -> Value {
    json!({"event": "room_create", "room_id": "lobby"})
}

pub(crate) fn signed_at(event: &Value, time: SystemTime) -> Vec<u8> {
    zego().sign(event, time).unwrap().body
}

/// Delivers `body` at [`now`].
pub(crate) async fn deliver(hooks: &Hooks<Zego>, body: &[u8]) -> CallbackResponse {
    hooks.deliver(Delivery::new(body), now()).await
}

/// A shared counter.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU32>);

impl Counter {
    pub(crate) fn count(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Hooks whose handler counts its calls and takes the time `takes`.
pub(crate) fn counting(takes: Duration) -> (Hooks<Zego>, Counter) {
    let counter = Counter::default();
    let calls = counter.clone();
    let hooks = hooks_here(zego()).on(move |_: Verified<RoomCreated>| {
        let calls = calls.clone();
        async move {
            calls.count();
            sleep(takes).await;
        }
    });
    (hooks, counter)
}

/// A handler that only counts its calls.
pub(crate) fn counted<E>(
    counter: &Counter,
) -> impl Fn(Verified<E>) -> Ready<()> + Send + Sync + use<E> {
    let counter = counter.clone();
    move |_| {
        counter.count();
        ready(())
    }
}

/// The same signature with a different body, which anyone who observes the first body can forge.
pub(crate) fn forged(body: &[u8]) -> Vec<u8> {
    String::from_utf8(body.to_vec()).unwrap().replace("lobby", "vault").into_bytes()
}
