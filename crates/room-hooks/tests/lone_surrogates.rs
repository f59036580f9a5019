//! Lone surrogates: half of a surrogate pair, as in a room name that was cut inside an emoji.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use serde_json::json;

use room_hooks::{
    Callback, Delivery, Receiver, RoomCreated, RoomInfoUpdated, Verified,
    tencent::{self, Tencent},
    testing::SignedDelivery,
    trtc::{self, Trtc},
    zego::{self, Zego},
};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

/// Escapes in a JSON string, and the text that is read from them.
const NAMES: [(&str, &str); 11] = [
    (r"a\ud83d", "a\u{fffd}"),
    (r"\ud83db", "\u{fffd}b"),
    (r"\ude00", "\u{fffd}"),
    (r"\uD83D\uD83D", "\u{fffd}\u{fffd}"),
    (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
    (r"\ud83d\n", "\u{fffd}\n"),
    (r"\ud83d\u0041", "\u{fffd}A"),
    (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
    (r"\\\ud83d", "\\\u{fffd}"),
    (r"\ud83d\\ude00", "\u{fffd}\\ude00"),
    (r#"\ud83d\""#, "\u{fffd}\""),
];

fn created(name: &str) -> SignedDelivery {
    let zego = Zego::new(1, "secret").unwrap();
    let event = json!({"event": "room_create", "room_id": "lobby", "room_name": "@"});
    let mut signed = zego.sign(&event, now()).unwrap();
    let body = String::from_utf8(signed.body).unwrap();
    signed.body = body.replace('@', name).into();
    signed
}

#[test]
fn a_lone_surrogate_in_a_name_still_reaches_the_typed_handler() {
    for (name, read) in NAMES {
        let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
        let verified: Verified<RoomCreated> =
            receiver.receive(created(name).as_delivery(), now()).expect(name);
        assert_eq!(verified.event.room_name.as_deref(), Some(read));

        let receiver = Receiver::new(Tencent::dangerous_unsigned(1));
        let body = format!(r#"{{"RoomInfo":{{"RoomId":"lobby","RoomName":"{name}"}}}}"#);
        let query = "SdkAppid=1&CallbackCommand=Room.CallbackAfterUpdateRoomInfo";
        let delivery = Delivery::new(body.as_bytes()).with_query(query);
        let verified: Verified<RoomInfoUpdated> = receiver.receive(delivery, now()).expect(name);
        assert_eq!(verified.event.room_info.room_name.as_deref(), Some(read));
    }
}

#[test]
fn a_lone_surrogate_that_trtc_signed_is_verified_before_it_is_repaired() {
    use hmac::{Hmac, KeyInit, Mac};
    let body =
        r#"{"EventGroupId":1,"EventType":103,"EventInfo":{"RoomId":"lobby","UserId":"a\ud83d"}}"#;
    let digest = Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap().chain_update(body);
    let sign = data_encoding::BASE64.encode(&digest.finalize().into_bytes());
    let headers = vec![("Sign".to_owned(), sign)];
    let receiver = Receiver::new(Trtc::new(1, "key").unwrap());
    let verified: Verified<trtc::UserEntered> =
        receiver.receive(Delivery::new(body.as_bytes()).with_headers(&headers), now()).unwrap();
    assert_eq!(verified.event.user_id.as_deref(), Some("a\u{fffd}"));
}

#[test]
fn a_lone_surrogate_in_an_unknown_member_still_reaches_the_typed_handler() {
    let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
    for member in [r#""paint":"\ud83d""#, r#""\ud83d":1"#, r#""paint":{"\ud83d":["\ude00"]}"#] {
        let mut signed = created("The Lobby");
        signed.body.truncate(signed.body.len() - 1);
        signed.body.extend(format!(",{member}}}").into_bytes());
        let verified: Verified<RoomCreated> =
            receiver.receive(signed.as_delivery(), now()).expect(member);
        assert!(verified.document.decode::<serde_json::Value>().is_ok());
    }
}

#[test]
fn a_lone_surrogate_in_an_encoded_body_or_in_json_in_a_string_is_repaired() {
    let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
    let mut signed = created(r"a\ud83d");
    signed.body = form_urlencoded::byte_serialize(&signed.body).collect::<String>().into();
    let verified: Verified<RoomCreated> = receiver.receive(signed.as_delivery(), now()).unwrap();
    assert_eq!(verified.event.room_name.as_deref(), Some("a\u{fffd}"));

    let attributes = r#"[{\"key\":\"topic\",\"value\":\"a\\ud83d\"}]"#;
    let mut signed = created("The Lobby");
    let body = String::from_utf8(signed.body).unwrap();
    let member = format!(r#""attributes":"{attributes}","room_name""#);
    signed.body = body.replace(r#""room_name""#, &member).into();
    let verified: Verified<RoomCreated> = receiver.receive(signed.as_delivery(), now()).unwrap();
    assert_eq!(verified.event.attributes[0].value, "a\u{fffd}");
}

/// An id identifies the content of the document, without the signature.
#[test]
fn a_retry_with_a_lone_surrogate_has_the_same_id() {
    let receiver = Receiver::new(Tencent::new(1, "token").unwrap());
    let event = json!({"CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "EventTime": 1_757_500_000_000_u64,
        "RoomInfo": {"RoomId": "lobby", "RoomName": "@"}});
    let ids = [now(), now() + Duration::from_secs(2)].map(|at| {
        let mut signed = Tencent::new(1, "token").unwrap().sign(&event, at).unwrap();
        signed.body = String::from_utf8(signed.body).unwrap().replace('@', r"\ud83d").into();
        let verified: Verified<tencent::Event> =
            receiver.receive(signed.as_delivery(), at).unwrap();
        verified.id()
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_document_that_is_deserialized_as_an_event_is_repaired() {
    let json = r#"{"event":"room_create","room_id":"lobby","room_name":"\ud83d"}"#;
    let event: zego::Event = serde_json::from_str(json).unwrap();
    assert_eq!(event.kind(), "room_create");
}
