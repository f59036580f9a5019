//! Events in a user's own queue: their stored form, and how they are restored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use room_hooks::{
    Callback, Provider, Receiver, RestoreError, RoomCreated, RoomEvent, StoredDelivery, Verified,
    tencent::{self, Tencent},
    testing::{SignedDelivery, samples},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde_json::{Value, json};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
}

fn received<P: Provider>(provider: P, signed: &SignedDelivery) -> Verified<P::Event> {
    let receiver = Receiver::new(provider).with_request_data(|head, data| {
        data.insert("tenant", head.segment(0));
        data.insert("again", head.parameter("ClientIP"));
    });
    let delivery = signed.as_delivery().with_path("/acme");
    receiver.receive(delivery, now()).unwrap()
}

/// Stores an event as JSON and reads it back.
fn check<P: Provider<Event: PartialEq>>(provider: P, mut signed: SignedDelivery) {
    if !signed.query.is_empty() {
        signed.query.push_str("&ClientIP=192.0.2.7&OptPlatform=Web&RequestID=one");
    }
    let verified = received(provider, &signed);
    let json = serde_json::to_string(&verified.to_stored()).unwrap();
    let stored: StoredDelivery = serde_json::from_str(&json).unwrap();
    let again: Verified<P::Event> = stored.dangerous_into_verified().unwrap();
    assert_eq!(again.event, verified.event);
    assert_eq!((again.id(), again.app_id), (verified.id(), verified.app_id));
    assert_eq!((again.sent_at, again.secret), (verified.sent_at, verified.secret));
    assert_eq!(again.request, verified.request);
    assert_eq!(again.request.get("tenant"), Some("acme"));
    // A second round trip, because a consumer may put the event in another queue.
    assert_eq!(serde_json::to_string(&again.to_stored()).unwrap(), json);
}

#[test]
fn every_event_is_restored_from_a_queue_unchanged() {
    for sample in samples() {
        let event = sample.event();
        match sample.provider {
            "zego" => {
                let zego = Zego::new(1, "secret").unwrap();
                let signed = zego.sign(&event, now()).unwrap();
                check(zego, signed);
            }
            "tencent" => {
                let tencent = Tencent::new(1, "token").unwrap();
                let signed = tencent.sign(&event, now()).unwrap();
                check(tencent, signed);
            }
            _ => {
                let trtc = Trtc::new(1, "key").unwrap();
                let signed = trtc.sign(&event, now()).unwrap();
                check(trtc, signed);
            }
        }
    }
}

#[test]
fn the_client_of_a_request_is_stored() {
    let tencent = Tencent::new(1, "token").unwrap();
    let left = json!({"CallbackCommand": "Room.CallbackAfterMemberLeave", "RoomId": "lobby"});
    let mut signed = tencent.sign(&left, now()).unwrap();
    signed.query.push_str("&ClientIP=192.0.2.7&OptPlatform=Web&RequestID=one");
    let verified = received(tencent, &signed);
    let again: Verified<tencent::MemberLeft> =
        verified.to_stored().dangerous_into_verified().unwrap();
    assert_eq!(again.client(), verified.client());
    assert_eq!((again.request_id(), again.id()), (Some("one"), verified.id()));
}

/// An event with a duplicate member is raw. It must not be restored with only one of the two.
#[test]
fn a_repeated_member_and_a_repaired_text_are_stored_as_they_are() {
    let tencent = Tencent::new(1, "token").unwrap();
    let left = json!({"CallbackCommand": "Room.CallbackAfterMemberLeave", "RoomId": "lobby"});
    let signed = tencent.sign(&left, now()).unwrap();
    for (body, is_repaired) in [
        (r#"{"RoomId":"lobby","EventTime":1757500000123,"EventTime":1757500000124}"#, false),
        (r#"{"RoomId":"lobby","Name":"\ud83d"}"#, true),
    ] {
        let signed = SignedDelivery::new(signed.query.clone(), Vec::new(), body.into());
        let verified = received(tencent.clone(), &signed);
        let json = serde_json::to_string(&verified.to_stored()).unwrap();
        let stored: StoredDelivery = serde_json::from_str(&json).unwrap();
        let again: Verified<tencent::Event> = stored.dangerous_into_verified().unwrap();
        assert_eq!((again.event.kind(), again.id()), (verified.event.kind(), verified.id()));
        assert_eq!(again.document.is_repaired(), is_repaired);
    }
}

/// A user's job may contain a stored delivery next to its own members.
#[test]
fn a_stored_delivery_may_be_flattened_into_a_job() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Job {
        attempt: u32,
        #[serde(flatten)]
        delivery: StoredDelivery,
    }
    let zego = Zego::new(1, "secret").unwrap();
    let signed = zego.sign(&json!({"event": "room_create", "room_id": "lobby"}), now()).unwrap();
    let job = Job { attempt: 1, delivery: received(zego, &signed).to_stored() };
    let again: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
    assert_eq!((again.attempt, again.delivery), (1, job.delivery));
}

/// A reader of the queue must not be able to sign another body.
#[test]
fn no_signature_is_stored() {
    let zego = Zego::new(1, "secret").unwrap();
    let signed = zego.sign(&json!({"event": "room_create", "room_id": "lobby"}), now()).unwrap();
    let body: Value = serde_json::from_slice(&signed.body).unwrap();
    let stored = serde_json::to_string(&received(zego, &signed).to_stored()).unwrap();
    for part in ["signature", "nonce"] {
        assert!(!stored.contains(body[part].as_str().unwrap()), "{part} is in {stored}");
    }
    assert!(stored.contains("lobby"));
}

#[test]
fn a_stored_delivery_of_another_kind_is_not_restored() {
    fn error<E: RoomEvent>(stored: &StoredDelivery) -> RestoreError {
        stored.clone().dangerous_into_verified::<E>().unwrap_err()
    }
    let zego = Zego::new(1, "secret").unwrap();
    let signed = zego.sign(&json!({"event": "room_create", "room_id": "lobby"}), now()).unwrap();
    let stored = received(zego, &signed).to_stored();
    let provider = error::<trtc::Event>(&stored).to_string();
    assert_eq!(provider, "the stored delivery comes from zego");
    assert!(matches!(error::<zego::RoomExited>(&stored), RestoreError::OtherKind));
    let created: Verified<RoomCreated> = stored.clone().dangerous_into_verified().unwrap();
    assert_eq!(created.event.name(), "room_create");
    let mut json = serde_json::to_value(&stored).unwrap();
    json["document"] = json!(r#"{"room_id":"lobby"}"#);
    let unnamed: StoredDelivery = serde_json::from_value(json).unwrap();
    assert!(matches!(error::<zego::Event>(&unnamed), RestoreError::Unreadable(_)));
    // Neither is text that is not a stored delivery.
    for text in ["{}", "null", r#"{"provider":"zego","app_id":1}"#] {
        assert!(serde_json::from_str::<StoredDelivery>(text).is_err(), "{text}");
    }
}

/// The queue may contain text of any length, and the error is logged.
#[test]
fn the_name_of_another_provider_is_truncated_in_the_error() {
    let json = json!({"provider": "é".repeat(1000), "app_id": 1, "document": "{}"});
    let stored: StoredDelivery = serde_json::from_value(json).unwrap();
    let error = stored.dangerous_into_verified::<zego::Event>().unwrap_err();
    for shown in [error.to_string(), format!("{error:?}")] {
        assert_eq!(shown.matches('é').count(), 128, "{shown}");
    }
}

/// The id may be from another version, or corrupt. A retry must not get a second id.
#[test]
fn a_stored_id_that_cannot_be_read_is_an_error_and_not_another_id() {
    let zego = Zego::new(1, "secret").unwrap();
    let signed = zego.sign(&json!({"event": "room_create", "room_id": "lobby"}), now()).unwrap();
    let mut stored = received(zego, &signed).to_stored();
    let id = stored.id.clone().unwrap();
    for unreadable in ["", "7", &id[1..], &format!("{id}00"), &id.replace(&id[..1], "x")] {
        stored.id = Some(unreadable.to_owned());
        let error = stored.clone().dangerous_into_verified::<RoomCreated>().unwrap_err();
        assert_eq!(error.to_string(), "the id of the stored delivery cannot be read");
    }
    stored.id = Some(id.clone());
    let verified = stored.dangerous_into_verified::<RoomCreated>().unwrap();
    assert_eq!(verified.id().unwrap().to_string(), id);
}
