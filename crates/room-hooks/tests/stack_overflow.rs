//! Stack overflow: bodies nested as deeply as the body limit permits. A stack overflow aborts the
//! process, so a failing test ends without a result.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    thread,
    time::{Duration, SystemTime},
};

use serde_json::json;

use room_hooks::{
    Callback, Provider, Receiver, Verified,
    tencent::{self, Tencent},
    testing::SignedDelivery,
    trtc::{self, Trtc},
    zego::{self, Zego},
};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

const LEVELS: usize = 75_000;
/// Larger than every nested body of these tests.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Nested objects, each the only member of its parent. The names alternate.
fn nested(names: &[&str], innermost: &str) -> String {
    let levels = names.iter().cycle().take(LEVELS);
    let opening: String = levels.map(|name| format!(r#"{{"{name}":"#)).collect();
    format!("{opening}{innermost}{}", "}".repeat(LEVELS))
}

/// Receives a delivery on a thread with the stack size of a tokio worker.
fn received<P>(provider: P, signed: SignedDelivery) -> Verified<P::Event>
where
    P: Provider,
{
    let receiver = Receiver::new(provider).with_body_limit(BODY_LIMIT);
    let receive = move || receiver.receive(signed.as_delivery(), now()).unwrap();
    let worker = thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(receive);
    let verified: Verified<P::Event> = worker.unwrap().join().unwrap();
    let _ = verified.id();
    assert_eq!(verified.event.room_id(), None);
    assert_eq!(verified.event.kind(), "raw");
    verified
}

const NAMES: [&[&str]; 3] = [&["RoomInfo"], &["EventInfo"], &["RoomInfo", "EventInfo"]];

#[test]
fn a_nested_tencent_body_causes_no_stack_overflow() {
    let tencent = Tencent::new(1, "token").unwrap();
    for names in NAMES {
        for innermost in ["null", "[]", r#"{"RoomId":"deep"}"#] {
            let event = json!({"CallbackCommand": "x"});
            let mut signed = tencent.sign(&event, now()).unwrap();
            signed.body = nested(names, innermost).into();
            received(tencent.clone(), signed);
        }
    }
}

#[test]
fn a_nested_body_of_an_unsigned_app_causes_no_stack_overflow() {
    let query = "SdkAppid=1&CallbackCommand=Room.CallbackAfterUpdateRoomInfo";
    for names in NAMES {
        let body = nested(names, "null").into_bytes();
        let signed = SignedDelivery::new(query.to_owned(), Vec::new(), body);
        received(Tencent::dangerous_unsigned(1), signed);
    }
}

#[test]
fn a_nested_zego_body_causes_no_stack_overflow() {
    let zego = Zego::new(1, "secret").unwrap();
    for names in NAMES {
        let event = json!({"event": "x", "nested": 7});
        let mut signed = zego.sign(&event, now()).unwrap();
        let body = String::from_utf8(signed.body).unwrap();
        let member = nested(names, "null");
        // The member is the outermost level.
        let member = &member[1..member.len() - 1];
        signed.body = body.replace(r#""nested":7"#, member).into();
        received(zego.clone(), signed);
    }
}

#[test]
fn a_nested_trtc_body_causes_no_stack_overflow() {
    let trtc = Trtc::new(1, "key").unwrap();
    for names in NAMES {
        let info = nested(&names.iter().rev().copied().collect::<Vec<_>>(), "null");
        let body = format!(r#"{{"EventGroupId":9,"EventType":901,"EventInfo":{info}}}"#);
        received(trtc.clone(), signed_trtc("key", body.into_bytes()));
    }
}

fn signed_trtc(key: &str, body: Vec<u8>) -> SignedDelivery {
    use hmac::{Hmac, KeyInit, Mac};
    let digest = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&body);
    let sign = data_encoding::BASE64.encode(&digest.finalize().into_bytes());
    SignedDelivery::new(String::new(), vec![("Sign".to_owned(), sign)], body)
}

/// Events are also read from recordings and from a user's own queue.
#[test]
fn a_nested_document_that_is_deserialized_as_an_event_causes_no_stack_overflow() {
    for names in NAMES {
        let members = nested(names, "null");
        let members = &members[1..];
        let tencent = format!(r#"{{"CallbackCommand":"x",{members}"#);
        let event: tencent::Event = serde_json::from_str(&tencent).unwrap();
        assert_eq!(event.room_id(), None);
        let event: zego::Event =
            serde_json::from_str(&format!(r#"{{"event":"x",{members}"#)).unwrap();
        assert_eq!(event.room_id(), None);
        let event: trtc::Event =
            serde_json::from_str(&format!(r#"{{"EventType":901,{members}"#)).unwrap();
        assert_eq!(event.room_id(), None);
    }
}
