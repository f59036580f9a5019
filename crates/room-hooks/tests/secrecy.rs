//! What the operator sees: a reason for each refusal, and never what would let a reader forge.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Once,
    time::{Duration, SystemTime},
};

use serde_json::json;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

use room_hooks::{
    Delivery, Provider, Receiver, RoomCreated, Secrets, Unhandled, Verified,
    tencent::Tencent,
    trtc::{self, Trtc},
    zego::{self, Zego},
};

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

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread, and so of the test.
struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged while `act` runs, and what it returns.
fn logged<T>(act: impl FnOnce() -> T) -> (String, T) {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE);
        subscriber.with_writer(|| ThreadLog).init();
    });
    LOG.take();
    let returned = act();
    (String::from_utf8(LOG.take()).unwrap(), returned)
}

fn receive<P: Provider>(provider: P, query: &str, body: &str, now: SystemTime) -> (String, u16) {
    let receiver = Receiver::new(provider);
    let delivery = Delivery::new(query, &(), body.as_bytes());
    logged(|| match receiver.receive::<P::Event>(delivery, now) {
        Ok(_) => 200,
        Err(unhandled) => unhandled.response.status,
    })
}

#[test]
fn each_refusal_is_one_warning_with_its_reason_and_nothing_that_signs() {
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
fn an_acceptance_names_the_secret_and_does_not_show_it() {
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
fn neither_verdict_on_a_callback_of_trtcs_shows_what_signs() {
    let old = Trtc::new(1, PREVIOUS).unwrap();
    let event = json!({"EventType": 103, "EventInfo": {"RoomId": "r"}});
    let signed = old.sign(&event, now()).unwrap();
    let receiver = Receiver::new(Trtc::new(1, secrets()).unwrap());
    let (accepted, verified) =
        logged(|| receiver.receive::<trtc::Event>(signed.as_delivery(), now()).unwrap());
    for shown in ["trtc", "previous-1", "103", "room_id=\"r\"", "app_id=1"] {
        assert!(accepted.contains(shown), "{accepted}");
    }
    let forged = Delivery::new("", &signed.headers, b"{}");
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
fn what_is_no_post_is_no_cause_for_alarm() {
    let receiver = Receiver::new(zego());
    let (log, status) = logged(|| receiver.intake("GET", &()).unwrap_err().response.status);
    assert_eq!(status, 405);
    assert!(log.contains("DEBUG") && !log.contains("WARN"), "{log}");
}

#[test]
fn a_receiver_that_is_missing_is_an_error_that_names_its_type() {
    let (log, unhandled) = logged(Unhandled::not_configured::<Zego>);
    assert_eq!(unhandled.response.status, 500);
    assert!(log.contains("ERROR") && log.contains("Receiver<room_hooks::zego::Zego>"), "{log}");
}

#[test]
fn a_broken_connection_is_not_mistaken_for_a_forgery() {
    let receiver = Receiver::new(zego());
    let intake = receiver.intake("POST", &()).unwrap();
    let (log, _) = logged(|| intake.broke_off());
    assert!(log.contains("broke off") && !log.contains("signature"), "{log}");
}

#[test]
fn a_known_event_of_another_shape_is_a_warning() {
    let signed = zego().sign(&json!({"event": "room_create", "room_id": [1]}), now()).unwrap();
    let receiver = Receiver::new(zego());
    let (log, _) = logged(|| receiver.receive::<zego::Event>(signed.as_delivery(), now()));
    assert!(log.contains("WARN") && log.contains("room_create"), "{log}");
}

#[test]
fn a_delivery_is_one_span_that_tells_what_became_of_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let hooks = hooks_here(zego()).on(async |_: Verified<RoomCreated>| Err::<(), _>("too tired"));
    let signed = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    let delivered = || runtime.block_on(hooks.deliver(signed.as_delivery(), now()));
    let (log, answer) = logged(delivered);
    assert_eq!((answer.status, answer.body), (500, ""));
    let span = log.lines().find(|line| line.contains("close")).unwrap();
    for shown in [
        "delivery{",
        "provider=\"zego\"",
        "app_id=1",
        "room_create",
        "room_id=\"r\"",
        "current",
        "failed",
    ] {
        assert!(span.contains(shown), "{shown} is not in {log}");
    }
    assert!(log.contains("ERROR") && log.contains("too tired"), "{log}");
    let body = String::from_utf8(signed.body).unwrap();
    let signature = body.split("\"signature\":\"").nth(1).unwrap();
    for secret in [SECRET, PREVIOUS, &signature[..40]] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn debug_output_shows_no_secret_and_no_signature() {
    let signed = zego().sign(&json!({"event": "x", "room_id": "r"}), now()).unwrap();
    let receiver = Receiver::new(zego());
    let verified = receiver.receive::<zego::Event>(signed.as_delivery(), now()).unwrap();
    let signature = verified.document.as_str().split("\"signature\":\"").nth(1).unwrap();
    let mut intake = receiver.intake("POST", &()).unwrap();
    intake.push(b"5ec2e7").unwrap();
    let shown = format!("{intake:?}");
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

/// A number is text of the sender's own, too.
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

/// A room's id may be as long as a body.
#[test]
fn text_from_outside_is_cut_before_it_reaches_a_log_or_span() {
    let long = "é".repeat(100_000);
    let body = format!(r#"{{"CallbackCommand":"x{long}","RoomId":"{long}","RoomInfo":"{long}"}}"#);
    let misshapen = format!(
        r#"{{"CallbackCommand":"Room.CallbackAfterUpdateRoomInfo","RoomInfo":{{"RoomId":"{long}","MaxMemberCount":"{long}"}}}}"#
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for body in [body, misshapen] {
        let hooks = hooks_here(Tencent::unsigned(1)).on_other(async |_| {});
        let delivery = Delivery::new("SdkAppid=1", &(), body.as_bytes());
        let (log, answer) = logged(|| runtime.block_on(hooks.deliver(delivery, now())));
        assert_eq!(answer.status, 200);
        assert!(
            log.contains("delivery verified") && log.contains("outcome=\"handled\""),
            "{log:.300}"
        );
        for line in log.lines() {
            assert!(line.chars().count() < 1000, "{line:.300}");
            assert!(line.matches('é').count() <= 4 * 128, "{line:.300}");
        }
    }
}

#[test]
fn a_compressed_body_is_refused_with_the_name_of_its_encoding() {
    let signed = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    for (value, name) in [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("deflate", "deflate"),
        ("zstd", "zstd"),
        ("identity, gzip", "gzip"),
        ("5ec2e7", "unknown"),
    ] {
        let headers = vec![("Content-Encoding".to_owned(), value.to_owned())];
        let receiver = Receiver::new(zego());
        let (log, intake) = logged(|| receiver.intake("POST", &headers).err());
        assert_eq!(intake.map(|refused| refused.response.status), Some(415), "{value}");
        assert!(log.contains(name) && !log.contains("5ec2e7"), "{log}");
        let delivery = Delivery::new("", &headers, &signed.body);
        let received = receiver.receive::<RoomCreated>(delivery, now());
        assert_eq!(received.map_err(|refused| refused.response.status), Err(415), "{value}");
    }
    for value in ["identity", "Identity", "", " "] {
        let headers = vec![("content-encoding".to_owned(), value.to_owned())];
        assert!(Receiver::new(zego()).intake("POST", &headers).is_ok(), "{value:?}");
        let delivery = Delivery::new("", &headers, &signed.body);
        assert!(Receiver::new(zego()).receive::<RoomCreated>(delivery, now()).is_ok(), "{value:?}");
    }
}
