//! Metrics: deliveries, questions and handler times. A sender cannot add labels.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::{
    future::pending,
    time::{Duration, SystemTime},
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::json;
use tokio::time::{sleep, timeout};

use room_hooks::{
    Delivery, FailurePolicy, RoomCreated, Verified,
    hooks::MemoryStore,
    tencent::{Decision, Tencent, group::BeforeSendMsg, live::BeforeSendGift},
    zego,
    zego::Zego,
};

use here::hooks_here;

#[test]
fn every_delivery_is_counted_under_labels_from_closed_sets() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = metrics::with_local_recorder(&recorder, || runtime.block_on(play()));

    let mut counted = Vec::new();
    let mut timed = 0;
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| label.value().to_owned()).collect();
        match (key.key().name(), value) {
            (
                "room_hooks_deliveries_total" | "room_hooks_store_errors_total",
                DebugValue::Counter(count),
            ) => counted.push((labels.join(" "), count)),
            ("room_hooks_handler_seconds", DebugValue::Histogram(values)) => timed += values.len(),
            ("room_hooks_store_entries", DebugValue::Gauge(gauge)) => {
                assert_eq!(gauge.0.round() as usize, store.entries());
            }
            other => panic!("{other:?}"),
        }
    }
    counted.sort();
    let expected = [
        ("claim", 1),
        ("zego none refused", 2),
        ("zego raw handled", 2),
        ("zego room_create duplicate", 1),
        ("zego room_create failed", 1),
        ("zego room_create handled", 1),
        ("zego room_create signature_reused", 1),
        ("zego room_create store_unavailable", 1),
    ];
    let expected = expected.map(|(labels, count)| (labels.to_owned(), count));
    assert_eq!((counted, timed), (expected.to_vec(), 4));
}

#[test]
fn the_gauge_of_store_entries_falls_to_zero_when_the_store_is_dropped() {
    let recorder = DebuggingRecorder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || drop(runtime.block_on(play())));
    let snapshot = recorder.snapshotter().snapshot().into_vec().into_iter();
    let held = snapshot.filter_map(|(key, _, _, value)| match value {
        DebugValue::Gauge(gauge) => Some((key.key().name().to_owned(), gauge.0)),
        _ => None,
    });
    assert_eq!(held.collect::<Vec<_>>(), [("room_hooks_store_entries".to_owned(), 0.0)]);
}

/// Delivers the callbacks to count, and returns the store.
async fn play() -> MemoryStore {
    let zego = || Zego::new(1, "secret").unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let store = MemoryStore::new();
    let hooks = hooks_here(zego())
        .with_store(store.clone())
        .on(async |created: Verified<RoomCreated>| match created.event.room_id.as_str() {
            "broken" => Err("on purpose"),
            _ => Ok(()),
        })
        .fallback(async |_: Verified<zego::Event>| {});
    let signed =
        |event, room| zego().sign(&json!({"event": event, "room_id": room}), now).unwrap().body;
    let lobby = signed("room_create", "lobby");
    let stolen = String::from_utf8(lobby.clone()).unwrap().replace("lobby", "vault");
    for body in [
        lobby.clone(),
        lobby.clone(),
        signed("room_create", "broken"),
        signed("made_up_by_a_stranger", "1"),
        signed("and_another", "2"),
        stolen.into_bytes(),
        b"{}".to_vec(),
        Vec::new(),
    ] {
        hooks.deliver(Delivery::new(&body), now).await;
    }
    let full = hooks_here(zego())
        .with_store(MemoryStore::with_capacity(0))
        .with_store_failure_policy(FailurePolicy::Closed)
        .fallback(async |_: Verified<zego::Event>| {});
    full.deliver(Delivery::new(&lobby), now).await;
    store
}

#[test]
fn every_question_is_counted_by_its_decision_and_the_reason_for_it() {
    async fn play() {
        let tencent = || Tencent::new(1, "token").unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let hooks = hooks_here(tencent())
            .with_question_failure_policy::<BeforeSendMsg>(FailurePolicy::Closed)
            .answer(async |gift: Verified<BeforeSendGift>| match &*gift.event.room_id {
                "broken" => Err("on purpose"),
                "vault" => Ok(Decision::deny()),
                "hangs" => pending().await,
                _ => Ok(Decision::allow()),
            });
        for asked in [
            json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "lobby"}),
            json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "lobby"}),
            json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "vault"}),
            json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "broken"}),
            json!({"CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby"}),
            json!({"CallbackCommand": "Made.UpBeforeByAStranger"}),
        ] {
            let signed = tencent().sign(&asked, now).unwrap();
            hooks.deliver(signed.as_delivery(), now).await;
        }
        let signed = tencent().sign(&json!({"CallbackCommand": "x.Before"}), now).unwrap();
        let gift = json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "hangs"});
        let gift = tencent().sign(&gift, now).unwrap();
        let hung_up =
            timeout(Duration::from_millis(50), hooks.deliver(gift.as_delivery(), now)).await;
        assert!(hung_up.is_err());
        hooks.wait_idle().await;
        for body in [&b""[..], b"hello"] {
            hooks.deliver(Delivery::new(body).with_query(&signed.query), now).await;
        }
    }

    let recorder = DebuggingRecorder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(play()));
    let mut counted = Vec::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| label.value().to_owned()).collect();
        match (key.key().name(), value) {
            ("room_hooks_questions_total", DebugValue::Counter(count)) => {
                counted.push((labels.join(" "), count));
            }
            ("room_hooks_handler_seconds", DebugValue::Histogram(values)) => {
                assert_eq!(values.len(), 5);
            }
            ("room_hooks_store_entries", DebugValue::Gauge(gauge)) => assert_eq!(gauge.0, 0.0),
            other => panic!("{other:?}"),
        }
    }
    counted.sort();
    let expected = [
        ("tencent Group.CallbackBeforeSendMsg failed_closed no_handler", 1),
        ("tencent Live.CallbackBeforeSendGift allow answered", 2),
        ("tencent Live.CallbackBeforeSendGift deny answered", 1),
        ("tencent Live.CallbackBeforeSendGift failed_open failed", 1),
        ("tencent Live.CallbackBeforeSendGift none abandoned", 1),
        ("tencent raw failed_open body_consumed", 1),
        ("tencent raw failed_open no_handler", 1),
        ("tencent raw failed_open unreadable", 1),
    ];
    assert_eq!(counted, expected.map(|(labels, count)| (labels.to_owned(), count)));
}

/// Handlers that do not return are the ones whose time matters most.
#[test]
fn the_time_of_a_handler_that_panics_or_is_aborted_is_recorded() {
    let timed = |room: &'static str, waits: Duration| {
        let recorder = DebuggingRecorder::new();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let ask = async {
            let tencent = || Tencent::new(1, "token").unwrap();
            let hooks = hooks_here(tencent()).answer(async |gift: Verified<BeforeSendGift>| {
                sleep(Duration::from_millis(250)).await;
                match &*gift.event.room_id {
                    "panics" => panic!("on purpose"),
                    "hangs" => pending().await,
                    _ => Decision::<BeforeSendGift>::allow(),
                }
            });
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room});
            let signed = tencent().sign(&gift, now).unwrap();
            let _ = timeout(waits, hooks.deliver(signed.as_delivery(), now)).await;
            hooks.wait_idle().await;
        };
        metrics::with_local_recorder(&recorder, || runtime.block_on(ask));
        let recorded = recorder.snapshotter().snapshot().into_vec().into_iter();
        let times = recorded.filter_map(|(key, _, _, value)| match value {
            DebugValue::Histogram(times) => {
                assert_eq!(key.key().name(), "room_hooks_handler_seconds");
                Some(times)
            }
            _ => None,
        });
        times.flatten().map(|time| (time.0 * 1000.0).round() as u64).collect::<Vec<_>>()
    };
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    assert_eq!(timed("lobby", minute), [250]);
    assert_eq!(timed("panics", minute), [250]);
    assert_eq!(timed("hangs", minute), [1500], "aborted at the timeout");
    assert_eq!(timed("hangs", second), [1000], "aborted when the sender hangs up");
}
