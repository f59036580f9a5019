//! Delivery ids: a retry has the id of the first try, and no two events share one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use room_hooks::{
    Delivery, DeliveryId, Provider, Receiver, Verified,
    tencent::{self, Tencent},
    testing::{Sample, SignedDelivery, samples},
    trtc::Trtc,
    zego::{self, Zego},
};

use here::hooks_here;

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

/// The ids of an event that is signed now, and two seconds later.
fn signed_twice(provider: &str, event: &Value) -> [DeliveryId; 2] {
    [now(), now() + 2 * SECOND].map(|at| id(provider, &sign(provider, event, at), at).unwrap())
}

/// The same JSON with its members in another order, and white space.
fn rewritten(json: &[u8]) -> Vec<u8> {
    let members: serde_json::Map<String, Value> = serde_json::from_slice(json).unwrap();
    let members: Vec<_> =
        members.iter().rev().map(|(name, value)| format!("{} : {value}", json!(name))).collect();
    format!(" {{ {} }} ", members.join(" ,\n")).into()
}

/// The members, by path, that tell this event from the next one that is equal.
fn present(sample: &Sample, event: &Value) -> Vec<&'static str> {
    let is_present =
        |path: &&&str| !event.pointer(&pointer(path)).unwrap_or(&Value::Null).is_null();
    sample.distinct_by.iter().filter(is_present).copied().collect()
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
fn a_resigned_retry_has_the_same_id_where_the_row_names_a_member_that_the_event_carries() {
    let mut resigned = Vec::new();
    for sample in samples() {
        let event = sample.event();
        let [first, second] = signed_twice(sample.provider, &event);
        let own = present(&sample, &event);
        assert_eq!(first == second, !own.is_empty(), "{} {own:?}", sample.kind);
        resigned.extend((!own.is_empty()).then_some(sample.kind));
    }
    // All but ZIM's have a time of their own.
    let zim = ["room_create", "room_enter", "room_exit", "room_destroy"];
    assert_eq!(resigned.len(), samples().count() - zim.len());
    assert!(zim.iter().all(|kind| !resigned.contains(kind)));
}

#[test]
fn two_equal_events_have_two_ids_where_that_member_is_missing() {
    for sample in samples() {
        let mut event = sample.event();
        for path in sample.distinct_by {
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
                && let Some(value) = event.pointer_mut(&pointer(path))
            {
                *value = nothing.clone();
            }
            let [first, second] = signed_twice(sample.provider, &event);
            assert_ne!(first, second, "{} {nothing}", sample.kind);
        }
    }
}

#[test]
fn another_value_of_that_member_is_another_event() {
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
fn an_event_without_a_type_is_dated_by_its_sending() {
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
fn an_unsigned_delivery_has_an_id_only_if_the_event_has_a_time_of_its_own() {
    let receiver = Receiver::new(Tencent::unsigned(1));
    let id = |body: &str| {
        let query =
            "SdkAppid=1&CallbackCommand=Room.CallbackAfterDestroyRoom&RequestTime=1757500000";
        let delivery = Delivery::new(query, &(), body.as_bytes());
        let verified: Verified<tencent::Event> = receiver.receive(delivery, now()).unwrap();
        verified.id()
    };
    assert_eq!(id(r#"{"RoomId":"lobby"}"#), None);
    assert_ne!(id(r#"{"RoomId":"lobby","EventTime":1757500000000}"#), None);
}

/// Tencent's undocumented `RequestID`, a UUID for each delivery.
#[test]
fn a_request_id_tells_two_deliveries_of_one_second_apart() {
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let ids = ["", "&RequestID=a", "&requestid=b"].map(|more| {
        let mut signed = sign("tencent", &event, now());
        signed.query += more;
        id("tencent", &signed, now()).unwrap()
    });
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    // It is the sending's: where the event has a time, it does not matter.
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby",
        "EventTime": 1_757_500_000_000_u64});
    let mut signed = sign("tencent", &event, now());
    let first = id("tencent", &signed, now());
    signed.query += "&RequestID=a";
    assert_eq!(id("tencent", &signed, now()), first);
}

/// Delivers events one after the other, and returns how often the handler was called.
async fn handled<P>(provider: P, deliveries: Vec<(SignedDelivery, SystemTime)>) -> u32
where
    P: Provider,
{
    let calls = Arc::new(AtomicU32::new(0));
    let hooks =
        hooks_here(provider).on_with(Arc::clone(&calls), async |calls, _: Verified<P::Event>| {
            calls.fetch_add(1, Ordering::SeqCst);
        });
    for (signed, at) in deliveries {
        assert_eq!(hooks.deliver(signed.as_delivery(), at).await.status, 200);
        sleep(SECOND).await;
    }
    calls.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_created_destroyed_and_created_again_is_three_events() {
    let event = |name: &str| json!({"event": name, "room_id": "lobby", "operator_account": "ada"});
    let names =
        ["room_create", "room_enter", "room_exit", "room_destroy", "room_create", "room_enter"];
    let deliveries = names.iter().zip(0..).map(|(name, seconds)| {
        let at = now() + seconds * SECOND;
        (zego().sign(&event(name), at).unwrap(), at)
    });
    assert_eq!(handled(zego(), deliveries.collect()).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_enters_twice_in_one_second_has_entered_twice() {
    let event = json!({"event": "room_enter", "room_id": "lobby", "operator_account": "ada"});
    // Each callback has a nonce of its own, here made of the fraction of the second.
    let deliveries = [0, 1].map(|nanos| {
        let at = now() + Duration::from_nanos(nanos);
        (zego().sign(&event, at).unwrap(), at)
    });
    assert_eq!(handled(zego(), deliveries.into()).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_tencent_event_without_event_time_that_happens_twice_is_two_events() {
    for event in [
        json!({"CallbackCommand": "Room.CallbackAfterMemberEnter", "RoomId": "lobby",
            "MemberList_Account": ["ada"], "Type": "Enter"}),
        json!({"CallbackCommand": "Sns.CallbackFriendAdd", "PairList": [{"From_Account": "id",
            "To_Account": "id1", "Initiator_Account": "id"}], "ClientCmd": "friend_add"}),
    ] {
        let deliveries = [0, 30].map(|seconds| {
            let at = now() + seconds * SECOND;
            (tencent().sign(&event, at).unwrap(), at)
        });
        assert_eq!(handled(tencent(), deliveries.into()).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn trtc_rooms_7_and_7_in_quotes_are_two_rooms() {
    let deliveries = [json!(7), json!("7")].map(|room| {
        let event =
            json!({"EventType": 102, "EventInfo": {"RoomId": room, "EventMsTs": 1_757_500_000_000_u64}});
        (trtc().sign(&event, now()).unwrap(), now())
    });
    assert_eq!(handled(trtc(), deliveries.into()).await, 2);
}

/// It is never taken for a duplicate: nothing tells a retry from a second event.
#[tokio::test(start_paused = true)]
async fn equal_deliveries_of_an_unsigned_app_are_all_handled() {
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let unsigned = || Tencent::unsigned(1);
    let signed = unsigned().sign(&event, now()).unwrap();
    let deliveries = vec![(signed.clone(), now()), (signed.clone(), now()), (signed, now())];
    assert_eq!(handled(unsigned(), deliveries).await, 3);
}

/// The same bytes, at any time within which they are fresh, whatever their nonce.
#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_handled_once_for_as_long_as_they_are_fresh() {
    use sha1::{Digest, Sha1};
    for nonce in ["350176", "123456789012345", "7548405981776935120", "Ab3"] {
        // A sender whose clock is as far ahead as it may be.
        let (sent, tolerance) = (now() + 300 * SECOND, 300);
        let timestamp = (1_757_500_000 + tolerance).to_string();
        let mut parts = ["secret", &timestamp, nonce];
        parts.sort_unstable();
        let signature = data_encoding::HEXLOWER.encode(&Sha1::digest(parts.concat()));
        let body = json!({"appid": "1", "event": "room_create", "room_id": "lobby",
            "timestamp": timestamp, "nonce": nonce, "signature": signature})
        .to_string();
        let calls = Arc::new(AtomicU32::new(0));
        let hooks = hooks_here(zego()).on_with(
            Arc::clone(&calls),
            async |calls, _: Verified<zego::Event>| {
                calls.fetch_add(1, Ordering::SeqCst);
            },
        );
        let mut at = now();
        while at <= sent + 300 * SECOND {
            let answer = hooks.deliver(Delivery::new("", &(), body.as_bytes()), at).await;
            assert_eq!(answer.status, 200, "{nonce}");
            assert_eq!(calls.load(Ordering::SeqCst), 1, "{nonce}");
            sleep(60 * SECOND).await;
            at += 60 * SECOND;
        }
        let answer = hooks.deliver(Delivery::new("", &(), body.as_bytes()), at).await;
        assert_eq!(answer.status, 401);
    }
}
