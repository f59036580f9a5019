//! Secrets in output: no log line, span, metric, response, error or `Debug` output contains a
//! secret, a signature, a nonce or a query, and no log line repeats the text of an unauthenticated
//! request. `every_output.rs` checks all these outputs for every refusal and every outcome.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../captured_log/mod.rs"]
mod captured_log;
mod every_output;
#[path = "../here/mod.rs"]
mod here;

use std::time::{Duration, SystemTime};

use serde_json::json;

use room_hooks::{
    Delivery, Provider, Receiver, Secrets,
    tencent::Tencent,
    trtc::{self, Trtc},
    zego::{self, Zego},
};

use captured_log::logged;
use here::hooks_here;

const SECRET: &str = "current-5ec2e7";
const PREVIOUS: &str = "previous-5ec2e7";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn secrets() -> Secrets {
    Secrets::new(SECRET).unwrap().with_previous(PREVIOUS).unwrap()
}

fn zego() -> Zego {
    Zego::new(1, secrets()).unwrap()
}

fn tencent() -> Tencent {
    Tencent::new(1, secrets()).unwrap()
}

/// Receives a delivery. Returns the log and the response's status.
fn receive<P: Provider>(provider: P, query: &str, body: &str, now: SystemTime) -> (String, u16) {
    let receiver = Receiver::new(provider);
    let delivery = Delivery::new(body.as_bytes()).with_query(query);
    logged(|| match receiver.receive::<P::Event>(delivery, now) {
        Ok(_) => 200,
        Err(not_delivered) => not_delivered.status(),
    })
}

#[test]
fn a_refusal_logs_one_warning_with_its_reason_and_no_secret_or_signature() {
    let signed = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    let body = String::from_utf8(signed.body).unwrap();
    let members: serde_json::Value = serde_json::from_str(&body).unwrap();
    let signing = [members["nonce"].as_str().unwrap(), members["signature"].as_str().unwrap()];
    let late = now() + Duration::from_secs(1000);
    for (body, now, reason) in [
        (
            body.replace("room_create", "x").replace("\"appid\":\"1\"", "\"appid\":2"),
            now(),
            "the app is not configured",
        ),
        (body.replace("\"nonce\":\"", "\"nonce\":\"1"), now(), "signature is wrong"),
        (body.replace("\"signature\"", "\"signatura\""), now(), "`signature` is missing"),
        (body.replace("\"timestamp\":", "\"timestamp\":1.0e"), now(), "timestamp is not canonical"),
        (body.clone(), late, "stale"),
        (body[..body.len() - 1].to_owned(), late, "not the JSON"),
    ] {
        let (log, status) = receive(zego(), "", &body, now);
        assert!(status >= 400);
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains("WARN") && log.contains("zego") && log.contains(reason), "{log}");
        for secret in [SECRET, PREVIOUS, signing[0], signing[1]] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}

#[test]
fn a_verified_delivery_logs_the_name_of_its_secret_and_not_the_secret() {
    let old = Tencent::new(1, PREVIOUS).unwrap();
    let signed = old
        .sign(&json!({"CallbackCommand": "Room.CallbackAfterCreateRoom", "RoomId": "r"}), now())
        .unwrap();
    let body = String::from_utf8(signed.body).unwrap();
    let (log, status) = receive(tencent(), &signed.query, &body, now());
    assert_eq!(status, 200);
    for shown in ["previous-1", "Room.CallbackAfterCreateRoom", "room_id=\"r\"", "app_id=1"] {
        assert!(log.contains(shown), "{log}");
    }
    let sign = signed.query.split("Sign=").nth(1).unwrap();
    for secret in [SECRET, PREVIOUS, &sign[..64], &signed.query] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn no_secret_or_signature_of_a_trtc_callback_is_in_logs_or_debug_output() {
    let old = Trtc::new(1, PREVIOUS).unwrap();
    let event = json!({"EventType": 103, "EventInfo": {"RoomId": "r"}});
    let signed = old.sign(&event, now()).unwrap();
    let receiver = Receiver::new(Trtc::new(1, secrets()).unwrap());
    let (accepted, verified) =
        logged(|| receiver.receive::<trtc::Event>(signed.as_delivery(), now()).unwrap());
    for shown in ["trtc", "previous-1", "103", "room_id=\"r\"", "app_id=1"] {
        assert!(accepted.contains(shown), "{accepted}");
    }
    let forged = Delivery::new(b"{}").with_headers(&signed.headers);
    let (refused, _) = logged(|| receiver.receive::<trtc::Event>(forged, now()).unwrap_err());
    assert!(refused.contains("WARN") && refused.contains("signature is wrong"), "{refused}");

    let (_, sign) = signed.headers.iter().find(|(name, _)| name == "Sign").unwrap();
    for output in [accepted, refused, format!("{receiver:?} {verified:?} {signed:?}")] {
        for secret in [SECRET, PREVIOUS, sign] {
            assert!(!output.contains(secret), "{output}");
        }
    }
}

#[test]
fn debug_output_contains_no_secret_and_no_signature() {
    let signed = zego().sign(&json!({"event": "x", "room_id": "r"}), now()).unwrap();
    let receiver = Receiver::new(zego());
    let verified = receiver.receive::<zego::Event>(signed.as_delivery(), now()).unwrap();
    let signature = verified.document.as_str().split("\"signature\":\"").nth(1).unwrap();
    let mut reader = receiver.body_reader("POST", Delivery::new(b"")).unwrap();
    reader.push(b"5ec2e7").unwrap();
    let shown = format!("{reader:?}");
    assert!(shown.contains("body_bytes: 6") && !shown.contains("53, 101"), "{shown}");
    let debugged = [
        format!("{receiver:?}"),
        format!("{:?}", tencent()),
        format!("{:?}", hooks_here(zego())),
        format!("{signed:?}"),
        format!("{verified:?}"),
    ];
    for output in debugged {
        assert!(!output.is_empty());
        for secret in [SECRET, PREVIOUS, &signature[..40]] {
            assert!(!output.contains(secret), "{output}");
        }
    }
    let event = serde_json::to_string(&verified.event).unwrap();
    assert!(!event.contains(&signature[..40]), "{event}");
}

/// The sender chooses the digits of a number, too.
#[test]
fn text_of_an_unauthenticated_request_is_not_logged() {
    let number = "31337133713371337";
    let sign = "0".repeat(64);
    for query in [
        format!("SdkAppid={number}&Sign={sign}&RequestTime=1700000000"),
        format!("SdkAppid=1&Sign={sign}&RequestTime={number}"),
        format!("SdkAppid=1&CallbackCommand={number}&Sign={sign}&RequestTime=1700000000"),
    ] {
        let body = format!(r#"{{"CallbackCommand":"{number}","RoomId":"{number}"}}"#);
        let (log, status) = receive(tencent(), &query, &body, now());
        assert!(status >= 400 && !log.is_empty());
        assert!(!log.contains("3133713"), "{log}");
    }
    for body in [
        format!(
            r#"{{"appid":{number},"event":"x","timestamp":1700000000,"nonce":"7","signature":"{}"}}"#,
            "0".repeat(40)
        ),
        format!(
            r#"{{"appid":1,"event":"{number}","timestamp":{number},"nonce":"{number}","signature":"{number}"}}"#
        ),
        format!(
            "event={number}&appid={number}&timestamp={number}&nonce={number}&signature={}",
            "0".repeat(40)
        ),
    ] {
        let (log, status) = receive(zego(), "", &body, now());
        assert!(status >= 400 && !log.is_empty());
        assert!(!log.contains("3133713"), "{log}");
    }
}
