//! Rolling deployments: web processes and workers of two versions share an inbox, and are updated
//! in either order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use room_hooks::{
    Callback, Handlers, Provider, Verified,
    inbox::{InboxStore, MemoryInbox, NewEvent, Worker},
    zego::{self, Zego},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use here::hooks_here;
use zego_hooks::{deliver, now, signed_at, zego};

/// A record of handler calls.
type Seen = Arc<Mutex<Vec<String>>>;

/// A delivery as the first release stored it. Never change this text: inboxes in use contain it.
const FORMAT_1: &str = r#"{
    "provider": "zego", "app_id": 1, "id": "8c8a7127d78cfd77327e9b7da7d87714", "sent_at": 1795732408000,
    "secret": "current", "request": [["tenant", "a"]], "parameters": [], "request_id": null, "is_repaired": false,
    "first_received_at": 1795732408993,
    "document": "{\"appid\":\"1\",\"event\":\"room_create\",\"room_id\":\"lobby\"}"
}"#;

fn stored(kind: &str, payload: &Value) -> NewEvent {
    NewEvent::new(kind, payload.to_string().into_bytes(), SystemTime::UNIX_EPOCH)
}

fn format_1() -> Value {
    serde_json::from_str(FORMAT_1).unwrap()
}

fn with_document(document: &Value) -> Value {
    let mut stored = format_1();
    stored["document"] = document.to_string().into();
    stored
}

async fn work<P: Provider>(inbox: &MemoryInbox, handlers: Handlers<P>) -> usize {
    Worker::new(inbox.clone(), handlers).with_runtime(Handle::current()).run_until_idle().await
}

async fn waiting(inbox: &MemoryInbox) -> u64 {
    inbox.stats().await.unwrap().ready
}

fn typed(seen: &Seen) -> Handlers<Zego> {
    Handlers::new().on_with(
        Arc::clone(seen),
        async |seen: Seen, created: Verified<zego::RoomCreated>| {
            seen.lock().unwrap().push(format!("typed {}", created.event.room_id));
        },
    )
}

fn typed_or_raw(seen: &Seen) -> Handlers<Zego> {
    let handlers = typed(seen);
    let seen = Arc::clone(seen);
    handlers.fallback(move |event: Verified<zego::Event>| {
        seen.lock().unwrap().push(format!("fallback {}", event.event.name()));
        ready(())
    })
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_the_first_release_stored_is_read() {
    let (inbox, seen) = (MemoryInbox::new(), Seen::default());
    inbox.put(stored("zego/room_create", &format_1())).await.unwrap();
    let handlers = Handlers::new().on_with(
        Arc::clone(&seen),
        async |seen: Seen, created: Verified<zego::RoomCreated>| {
            assert_eq!(created.id().unwrap().to_string(), "8c8a7127d78cfd77327e9b7da7d87714");
            assert_eq!(created.request.get("tenant"), Some("a"));
            assert_eq!(
                created.sent_at,
                Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_732_408))
            );
            seen.lock().unwrap().push(created.into_inner().room_id);
        },
    );
    assert_eq!(work(&inbox, handlers).await, 1);
    assert_eq!(*seen.lock().unwrap(), ["lobby"]);
}

/// The web side is updated first: it stores members, kinds and formats that the worker does not
/// know.
#[tokio::test(start_paused = true)]
async fn an_older_worker_handles_or_leaves_events_from_a_newer_web_process() {
    let (inbox, seen) = (MemoryInbox::new(), Seen::default());
    let mut more = with_document(&json!({
        "appid": "1", "event": "room_create", "room_id": "lobby", "room_type": {"name": "new"}
    }));
    more["region"] = "eu".into();
    inbox.put(stored("zego/room_create", &more)).await.unwrap();
    inbox.put(stored("zego/room_rename", &more)).await.unwrap();
    let mut newer = stored("zego/room_create", &json!(["not", "as", "today"]));
    newer.format_version = 2;
    inbox.put(newer).await.unwrap();

    assert_eq!(work(&inbox, typed_or_raw(&seen)).await, 1);
    assert_eq!(*seen.lock().unwrap(), ["typed lobby"]);
    assert_eq!(waiting(&inbox).await, 2, "the others wait for a newer worker");
}

/// The worker is updated first: it has a type for an event that the web side stores as raw.
#[tokio::test(start_paused = true)]
async fn a_newer_worker_reads_raw_events_from_an_older_web_process_as_typed() {
    let (inbox, seen) = (MemoryInbox::new(), Seen::default());
    inbox.put(stored("zego/raw", &format_1())).await.unwrap();
    assert_eq!(work(&inbox, typed_or_raw(&seen)).await, 1);
    assert_eq!(*seen.lock().unwrap(), ["typed lobby"]);
}

/// The worker's type is stricter than the type of the web process, or older than the platform's
/// event.
#[tokio::test(start_paused = true)]
async fn an_event_that_the_worker_cannot_read_as_typed_reaches_its_fallback_or_stays() {
    let inbox = MemoryInbox::new();
    let changed =
        with_document(&json!({"appid": "1", "event": "room_create", "room_id": {"id": "lobby"}}));
    let seen = Seen::default();
    inbox.put(stored("zego/room_create", &changed)).await.unwrap();
    assert_eq!(work(&inbox, typed(&seen)).await, 1);
    assert_eq!(*seen.lock().unwrap(), [""; 0]);
    assert_eq!(waiting(&inbox).await, 1, "it waits for the next attempt");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(work(&inbox, typed_or_raw(&seen)).await, 1);
    assert_eq!(*seen.lock().unwrap(), ["fallback room_create"]);
}

/// An event without a type in this crate, as an application reads it before and after its own
/// update.
#[derive(Deserialize)]
struct Renamed {
    room_id: String,
}

#[derive(Deserialize)]
struct RenamedWithTitle {
    room_id: String,
    #[serde(default)]
    title: Option<String>,
}

#[tokio::test(start_paused = true)]
async fn an_application_with_two_versions_of_a_struct_is_updated_in_either_order() {
    let before = json!({"event": "room_renamed", "room_id": "lobby"});
    let after = json!({"event": "room_renamed", "room_id": "lobby", "title": "Hall"});
    let (inbox, seen) = (MemoryInbox::new(), Seen::default());
    let hooks = hooks_here(zego()).with_inbox(inbox.clone());
    let old = || {
        Handlers::new().on_with(
            Arc::clone(&seen),
            async |seen: Seen, event: Verified<zego::Event>| {
                let renamed: Renamed = event.document.decode()?;
                seen.lock().unwrap().push(renamed.room_id);
                Ok::<_, serde_json::Error>(())
            },
        )
    };
    let new = || {
        Handlers::new().on_with(
            Arc::clone(&seen),
            async |seen: Seen, event: Verified<zego::Event>| {
                let renamed: RenamedWithTitle = event.document.decode()?;
                let title = renamed.title.unwrap_or_else(|| "untitled".into());
                seen.lock().unwrap().push(format!("{}: {title}", renamed.room_id));
                Ok::<_, serde_json::Error>(())
            },
        )
    };
    for (event, is_updated) in [(&before, false), (&after, false), (&before, true), (&after, true)]
    {
        // Signed in another second, so that it is a new event.
        let time = now() + Duration::from_secs(seen.lock().unwrap().len() as u64);
        assert_eq!(deliver(&hooks, &signed_at(event, time)).await.status, 200);
        let attempts = match is_updated {
            false => work(&inbox, old()).await,
            true => work(&inbox, new()).await,
        };
        assert_eq!(attempts, 1);
    }
    assert_eq!(*seen.lock().unwrap(), ["lobby", "lobby", "lobby: untitled", "lobby: Hall"]);
}
