//! Delivery ids: a retry has the id of the first delivery, and no two events share an id.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use room_hooks::{
    Delivery, DeliveryId, Provider, Receiver, Verified,
    tencent::{self, Tencent},
    testing::{Sample, SignedDelivery, samples},
    trtc::Trtc,
    zego::Zego,
};

const SECOND: Duration = Duration::from_secs(1);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + 1_757_500_000 * SECOND
}

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
}

fn trtc() -> Trtc {
    Trtc::new(1, "key").unwrap()
}

fn sign(provider: &str, event: &Value, at: SystemTime) -> SignedDelivery {
    match provider {
        "zego" => zego().sign(event, at),
        "tencent" => tencent().sign(event, at),
        _ => trtc().sign(event, at),
    }
    .unwrap()
}

fn id(provider: &str, signed: &SignedDelivery, at: SystemTime) -> Option<DeliveryId> {
    fn of<P: Provider>(provider: P, signed: &SignedDelivery, at: SystemTime) -> Option<DeliveryId> {
        let verified: Verified<P::Event> =
            Receiver::new(provider).receive(signed.as_delivery(), at).unwrap();
        verified.id()
    }
    match provider {
        "zego" => of(zego(), signed, at),
        "tencent" => of(tencent(), signed, at),
        _ => of(trtc(), signed, at),
    }
}

/// The ids of an event that is signed now and again two seconds later.
fn signed_twice(provider: &str, event: &Value) -> [DeliveryId; 2] {
    [now(), now() + 2 * SECOND].map(|at| id(provider, &sign(provider, event, at), at).unwrap())
}

/// The same JSON with its members in another order, and with white space.
fn rewritten(json: &[u8]) -> Vec<u8> {
    let members: serde_json::Map<String, Value> = serde_json::from_slice(json).unwrap();
    let members: Vec<_> =
        members.iter().rev().map(|(name, value)| format!("{} : {value}", json!(name))).collect();
    format!(" {{ {} }} ", members.join(" ,\n")).into()
}

/// The paths of the event's distinguishing members. These differ between two events that are
/// otherwise equal.
fn present(sample: &Sample, event: &Value) -> Vec<&'static str> {
    let is_there = |path: &str| !event.pointer(&pointer(path)).unwrap_or(&Value::Null).is_null();
    let is_present = |paths: &&&str| paths.split('#').all(is_there);
    sample.distinct_by.iter().filter(is_present).flat_map(|paths| paths.split('#')).collect()
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

#[test]
fn an_identical_retry_has_the_same_id_in_every_row_of_the_event_tables() {
    for sample in samples() {
        let signed = sign(sample.provider, &sample.event(), now());
        let ids = [0, 1].map(|late| id(sample.provider, &signed, now() + late * SECOND));
        assert!(ids[0].is_some() && ids[0] == ids[1], "{}", sample.kind);
        if sample.provider != "trtc" {
            let rewritten = SignedDelivery::new(
                signed.query.clone(),
                signed.headers.clone(),
                rewritten(&signed.body),
            );
            assert_eq!(id(sample.provider, &rewritten, now()), ids[0], "{}", sample.kind);
        }
    }
}

#[test]
fn a_resigned_retry_has_the_same_id_if_the_event_has_a_distinguishing_member() {
    let mut resigned = Vec::new();
    for sample in samples() {
        let event = sample.event();
        let [first, second] = signed_twice(sample.provider, &event);
        let own = present(&sample, &event);
        assert_eq!(first == second, !own.is_empty(), "{} {own:?}", sample.kind);
        resigned.extend((!own.is_empty()).then_some(sample.kind));
    }
    // Every event except these has its own id or time.
    let others = [
        "room_create",
        "room_enter",
        "room_exit",
        "room_destroy",
        "censor_audio_v2_status",
        "censor_video_v2_audio_status",
        "censor_video_v2_img_status",
    ];
    assert_eq!(resigned.len(), samples().count() - others.len());
    assert!(others.iter().all(|kind| !resigned.contains(kind)));
}

#[test]
fn equal_events_without_a_distinguishing_member_have_two_ids() {
    for sample in samples() {
        let mut event = sample.event();
        for path in sample.distinct_by.iter().flat_map(|paths| paths.split('#')) {
            if let Some(value) = event.pointer_mut(&pointer(path)) {
                value.take();
            }
        }
        for nothing in [
            Value::Null,
            json!(""),
            json!(0),
            json!("0"),
            json!(1_757_500_000),
            json!(false),
            json!({}),
        ] {
            if let Some(path) = sample.distinct_by.first()
                && !path.contains('#')
                && let Some(value) = event.pointer_mut(&pointer(path))
            {
                *value = nothing.clone();
            }
            let [first, second] = signed_twice(sample.provider, &event);
            assert_ne!(first, second, "{} {nothing}", sample.kind);
        }
    }
}

/// All events of a task share its id, and the events of every task have the same numbers.
#[test]
fn neither_a_task_id_nor_a_number_alone_distinguishes_events() {
    let mut count = 0;
    for sample in samples() {
        let Some((id, number)) = sample.distinct_by.iter().find_map(|path| path.split_once('#'))
        else {
            continue;
        };
        count += 1;
        for (path, nothings) in [
            (id, [Value::Null, json!(""), json!("7"), json!(1_757_500_000)]),
            (number, [Value::Null, json!(""), json!("seven"), json!(-1)]),
        ] {
            for nothing in nothings {
                let mut event = sample.event();
                *event.pointer_mut(&pointer(path)).unwrap() = nothing.clone();
                let [first, second] = signed_twice(sample.provider, &event);
                assert_ne!(first, second, "{} {path} {nothing}", sample.kind);
            }
        }
        for first in [json!(0), json!("0")] {
            let mut event = sample.event();
            *event.pointer_mut(&pointer(number)).unwrap() = first;
            let [first, second] = signed_twice(sample.provider, &event);
            assert_eq!(first, second, "{}", sample.kind);
        }
    }
    assert_eq!(count, 20, "the events of cloud recording and of AI agents");
}

#[test]
fn another_value_of_a_distinguishing_member_gives_another_id() {
    for sample in samples() {
        for path in present(&sample, &sample.event()) {
            let mut other = sample.event();
            *other.pointer_mut(&pointer(path)).unwrap() = json!(1_757_500_000_001_u64);
            let ids = [sample.event(), other]
                .map(|event| id(sample.provider, &sign(sample.provider, &event, now()), now()));
            assert_ne!(ids[0], ids[1], "{} {path}", sample.kind);
        }
    }
}

#[test]
fn an_event_without_a_type_has_an_id_with_its_sending_time() {
    for (provider, event) in [
        (
            "zego",
            json!({"event": "x", "room_id": "lobby", "room_create_time": 1_757_500_000_000_u64}),
        ),
        ("tencent", json!({"CallbackCommand": "x", "EventTime": 1_757_500_000_000_u64})),
        ("trtc", json!({"EventType": 901, "EventInfo": {"EventMsTs": 1_757_500_000_000_u64}})),
    ] {
        let [first, second] = signed_twice(provider, &event);
        assert_ne!(first, second, "{provider}");
    }
}

#[test]
fn an_unsigned_delivery_has_an_id_only_if_the_event_has_its_own_time() {
    let receiver = Receiver::new(Tencent::dangerous_unsigned(1));
    let id = |body: &str| {
        let query =
            "SdkAppid=1&CallbackCommand=Room.CallbackAfterDestroyRoom&RequestTime=1757500000";
        let delivery = Delivery::new(body.as_bytes()).with_query(query);
        let verified: Verified<tencent::Event> = receiver.receive(delivery, now()).unwrap();
        verified.id()
    };
    assert_eq!(id(r#"{"RoomId":"lobby"}"#), None);
    assert_ne!(id(r#"{"RoomId":"lobby","EventTime":1757500000000}"#), None);
}

/// Tencent's undocumented `RequestID`, a UUID for each delivery.
#[test]
fn a_request_id_gives_two_deliveries_of_one_second_two_ids() {
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let ids = ["", "&RequestID=a", "&requestid=b"].map(|more| {
        let mut signed = sign("tencent", &event, now());
        signed.query += more;
        id("tencent", &signed, now()).unwrap()
    });
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    // It identifies the delivery, so it makes no difference if the event has its own time.
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby",
        "EventTime": 1_757_500_000_000_u64});
    let mut signed = sign("tencent", &event, now());
    let first = id("tencent", &signed, now());
    signed.query += "&RequestID=a";
    assert_eq!(id("tencent", &signed, now()), first);
}
