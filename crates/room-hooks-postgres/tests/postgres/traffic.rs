//! Signed callbacks, hooks that store them, and workers that handle them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use room_hooks::{
    Delivery, Handlers, Hooks, Verified,
    inbox::{Backoff, InboxStore, Worker},
    zego::{RoomCreated, Zego},
};
use room_hooks_postgres::PostgresInbox;
use serde_json::json;

pub(crate) fn hooks(inbox: &PostgresInbox) -> Hooks<Zego> {
    Hooks::new(zego()).with_inbox(inbox.clone())
}

pub(crate) fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

/// Delivers an event of a room, signed now. Returns the status of the response.
pub(crate) async fn deliver(hooks: &Hooks<Zego>, room: &str, number: usize) -> u16 {
    deliver_again(hooks, &body(room, number)).await
}

pub(crate) fn body(room: &str, number: usize) -> Vec<u8> {
    let event = json!({"event": "room_create", "room_id": room, "room_name": number.to_string()});
    zego().sign(&event, SystemTime::now()).unwrap().body
}

/// Delivers the same bytes again, like a retry from ZEGO.
pub(crate) async fn deliver_again(hooks: &Hooks<Zego>, body: &[u8]) -> u16 {
    hooks.deliver(Delivery::new(body), SystemTime::now()).await.status
}

/// The handled events: the numbers of each room, in order, and the rooms whose handlers are
/// running.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handled(Arc<Mutex<HashMap<String, Vec<usize>>>>, Arc<Mutex<Vec<String>>>);

impl Handled {
    /// Handlers that take `takes`, sometimes fail, and check that no other handler runs for their
    /// room.
    pub(crate) fn handlers(&self, takes: Duration) -> Handlers<Zego> {
        Handlers::new().on_with(
            (self.clone(), takes),
            async |(handled, takes), event: Verified<RoomCreated>| {
                let attempt = event.attempt();
                let event = event.into_inner();
                let number: usize = event.room_name.unwrap().parse().unwrap();
                let room = event.room_id;
                let is_alone = !handled.1.lock().unwrap().contains(&room);
                handled.1.lock().unwrap().push(room.clone());
                tokio::time::sleep(takes).await;
                handled.1.lock().unwrap().retain(|other| *other != room);
                if !is_alone {
                    handled.0.lock().unwrap().entry("concurrent".into()).or_default().push(number);
                }
                if number % 10 == 3 && attempt == 1 {
                    return Err("first attempt fails");
                }
                handled.0.lock().unwrap().entry(room).or_default().push(number);
                Ok(())
            },
        )
    }

    pub(crate) fn rooms(&self) -> HashMap<String, Vec<usize>> {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) fn worker(inbox: &PostgresInbox, handled: &Handled, takes: Duration) -> Worker {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(100));
    Worker::new(inbox.clone(), handled.handlers(takes)).with_backoff(backoff)
}

/// Waits until no event is ready or leased.
pub(crate) async fn all_done(inbox: &PostgresInbox, most: Duration) {
    let begun = Instant::now();
    loop {
        let stats = inbox.stats().await;
        if stats.as_ref().is_ok_and(|stats| stats.ready + stats.leased == 0) {
            return;
        }
        assert!(begun.elapsed() < most, "{stats:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
