//! The metrics of the inbox, its workers and its spill.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod absent;
mod here;
mod zego_hooks;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use room_hooks::{
    Handlers, Verified,
    inbox::{MemoryInbox, OnInboxFailure, Worker},
    zego,
};
use serde_json::json;
use tokio::{runtime::Handle, time::sleep};

use absent::Absent;
use here::hooks_here;
use zego_hooks::{deliver, now, signed_at, zego};

const SECOND: Duration = Duration::from_secs(1);

/// The values of the inbox metrics, by name and labels. Reading a counter resets it.
fn shown(snapshotter: &Snapshotter) -> BTreeMap<String, u64> {
    let mut shown = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| format!(" {}", label.value()));
        let name = key.key().name().to_owned() + &labels.collect::<String>();
        let value = match value {
            DebugValue::Counter(count) => count,
            DebugValue::Gauge(gauge) => gauge.0.round() as u64,
            DebugValue::Histogram(_) => continue,
        };
        if let Some(name) = name.strip_prefix("room_hooks_inbox_") {
            shown.insert(name.to_owned(), value);
        }
    }
    shown
}

#[test]
fn depth_age_and_dead_events_of_the_inbox_and_its_spill_are_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(play(&snapshotter)));
}

async fn play(snapshotter: &Snapshotter) {
    let (inbox, spill) = (Absent::default(), MemoryInbox::new());
    let hooks = hooks_here(zego())
        .with_inbox(inbox.clone())
        .with_inbox_failure_policy(OnInboxFailure::Spill(Arc::new(spill)));
    inbox.leave();
    for room in ["bad", "lobby"] {
        let event = json!({"event": "room_create", "room_id": room});
        assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
    }
    // The spill is measured whenever the inbox is retried.
    sleep(SECOND * 5).await;
    let metrics = shown(snapshotter);
    assert_eq!(metrics["spilled_total"], 2);
    assert_eq!((metrics["spill_waiting"], metrics["spill_dead"]), (2, 0));

    inbox.come_back();
    sleep(SECOND * 100).await;
    assert_eq!(shown(snapshotter)["spill_waiting"], 0);

    // A worker measures when it starts, and every 15 s. In between, one event becomes a dead letter
    // and the other is handled.
    let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
        sleep(SECOND).await;
        if created.event.room_id == "bad" { Err("it fails") } else { Ok(()) }
    });
    let worker = Worker::new(inbox, handlers)
        .with_runtime(Handle::current())
        .with_concurrency(1)
        .with_max_attempts(1);
    let worker = tokio::spawn(worker.run());
    sleep(SECOND / 2).await;
    let metrics = shown(snapshotter);
    assert_eq!((metrics["ready"], metrics["dead"]), (1, 0), "a handler runs for the other event");
    assert!((90..=100).contains(&metrics["oldest_seconds"]), "{metrics:?}");
    sleep(SECOND * 20).await;
    let metrics = shown(snapshotter);
    assert_eq!((metrics["ready"], metrics["oldest_seconds"], metrics["dead"]), (0, 0, 1));
    assert_eq!(metrics["attempts_total zego room_create dead"], 1);
    assert_eq!(metrics["attempts_total zego room_create handled"], 1);
    worker.abort();
}
