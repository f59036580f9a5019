//! Logging: the levels and spans for deliveries, and how much text from a sender they contain.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured_log;
mod here;

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tracing::Instrument;

use room_hooks::{
    Delivery, NotDelivered, Receiver, RoomCreated, Secrets, Verified,
    tencent::{Decision, Tencent, live::BeforeSendGift},
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

#[test]
fn a_delivery_has_one_span_with_its_outcome_and_no_secret() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let hooks = hooks_here(zego()).on(async |_: Verified<RoomCreated>| Err::<(), _>("too tired"));
    let signed = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    let delivered = || runtime.block_on(hooks.deliver(signed.as_delivery(), now()));
    let (log, answer) = logged(delivered);
    assert_eq!((answer.status, &*answer.body), (500, ""));
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
fn a_request_with_another_method_is_logged_at_debug_level() {
    let receiver = Receiver::new(zego());
    let (log, status) =
        logged(|| receiver.body_reader("GET", Delivery::new(b"")).unwrap_err().status());
    assert_eq!(status, 405);
    assert!(log.contains("DEBUG") && !log.contains("WARN"), "{log}");
}

#[test]
fn a_missing_receiver_is_logged_as_an_error_with_its_type() {
    let (log, not_delivered) = logged(NotDelivered::not_configured::<Zego>);
    assert_eq!(not_delivered.status(), 500);
    assert!(log.contains("ERROR") && log.contains("Receiver<room_hooks::zego::Zego>"), "{log}");
}

#[test]
fn a_broken_connection_is_not_logged_as_a_wrong_signature() {
    let receiver = Receiver::new(zego());
    let reader = receiver.body_reader("POST", Delivery::new(b"")).unwrap();
    let (log, _) = logged(|| reader.incomplete());
    assert!(log.contains("is incomplete") && !log.contains("signature"), "{log}");
}

#[test]
fn a_known_event_with_an_unexpected_shape_is_logged_as_a_warning() {
    let signed = zego().sign(&json!({"event": "room_create", "room_id": [1]}), now()).unwrap();
    let receiver = Receiver::new(zego());
    let (log, _) = logged(|| receiver.receive::<zego::Event>(signed.as_delivery(), now()));
    assert!(log.contains("WARN") && log.contains("room_create"), "{log}");
}

/// A room id may be as long as a body.
#[test]
fn long_text_from_a_sender_is_truncated_in_logs_and_spans() {
    let long = "é".repeat(100_000);
    let body = format!(r#"{{"CallbackCommand":"x{long}","RoomId":"{long}","RoomInfo":"{long}"}}"#);
    let unexpected_shape = format!(
        r#"{{"CallbackCommand":"Room.CallbackAfterUpdateRoomInfo","RoomInfo":{{"RoomId":"{long}","MaxMemberCount":"{long}"}}}}"#
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for body in [body, unexpected_shape] {
        let hooks = hooks_here(Tencent::dangerous_unsigned(1)).fallback(async |_| {});
        let delivery = Delivery::new(body.as_bytes()).with_query("SdkAppid=1");
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
fn a_compressed_body_is_refused_and_the_log_names_its_encoding() {
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
        let (log, reader) = logged(|| {
            receiver.body_reader("POST", Delivery::new(b"").with_headers(&headers)).err()
        });
        assert_eq!(reader.map(|refused| refused.status()), Some(415), "{value}");
        assert!(log.contains(name) && !log.contains("5ec2e7"), "{log}");
        let delivery = Delivery::new(&signed.body).with_headers(&headers);
        let received = receiver.receive::<RoomCreated>(delivery, now());
        assert_eq!(received.map_err(|refused| refused.status()), Err(415), "{value}");
    }
    for value in ["identity", "Identity", "", " "] {
        let headers = vec![("content-encoding".to_owned(), value.to_owned())];
        assert!(
            Receiver::new(zego())
                .body_reader("POST", Delivery::new(b"").with_headers(&headers))
                .is_ok(),
            "{value:?}"
        );
        let delivery = Delivery::new(&signed.body).with_headers(&headers);
        assert!(Receiver::new(zego()).receive::<RoomCreated>(delivery, now()).is_ok(), "{value:?}");
    }
}

#[test]
fn a_failed_handler_is_logged_with_the_whole_error_chain() {
    #[derive(Debug)]
    struct Failed(&'static str, Option<Box<Self>>);

    impl std::fmt::Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Failed {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(self.1.as_deref()?)
        }
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let hooks = hooks_here(zego()).on(async |_: Verified<RoomCreated>| {
        let refused = Failed("connection refused", None);
        let query = Failed("the query failed", Some(Box::new(refused)));
        Err::<(), _>(Failed("the room was not saved", Some(Box::new(query))))
    });
    let signed = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    let (log, _) = logged(|| runtime.block_on(hooks.deliver(signed.as_delivery(), now())));
    let chain = "the room was not saved: the query failed: connection refused";
    assert!(log.contains("handler failed") && log.contains(chain), "{log}");
}

#[test]
fn a_question_has_one_span_with_its_decision_and_a_failure_is_logged_with_all_its_sources() {
    #[derive(Debug, thiserror::Error)]
    #[error("the word list cannot be read")]
    struct Unread(#[source] std::io::Error);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let tencent = || Tencent::new(1, "token-5ec2e7").unwrap();
    let hooks = hooks_here(tencent()).answer(async |gift: Verified<BeforeSendGift>| {
        match &*gift.event.room_id {
            "lobby" => Ok(Decision::deny()),
            _ => Err(Unread(std::io::Error::other("no such file"))),
        }
    });
    let ask = |room: &str| {
        let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room});
        let signed = tencent().sign(&gift, now()).unwrap();
        logged(|| runtime.block_on(hooks.deliver(signed.as_delivery(), now()))).0
    };
    let log = ask("lobby");
    let span = log.lines().find(|line| line.contains("close")).unwrap();
    for shown in ["delivery{", "Live.CallbackBeforeSendGift", "lobby", "answered", "deny"] {
        assert!(span.contains(shown), "{shown} is not in {log}");
    }
    assert!(!log.contains("ERROR"), "{log}");
    let log = ask("vault");
    let span = log.lines().find(|line| line.contains("close")).unwrap();
    assert!(span.contains("failed_open"), "{log}");
    let error = log.lines().find(|line| line.contains("ERROR")).unwrap();
    for shown in [
        "question not decided",
        "failed_open",
        "the handler failed: the word list cannot be read: no such file",
    ] {
        assert!(error.contains(shown), "{shown} is not in {error}");
    }
    assert!(!log.contains("5ec2e7"), "{log}");
}

#[test]
fn a_kind_without_a_handler_is_logged_once_with_the_type_to_handle() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let hooks = hooks_here(zego()).on(async |_: Verified<RoomCreated>| {});
    let signed = |event: &Value| zego().sign(event, now()).unwrap().body;
    let express =
        json!({"event": "room_create", "room_id": "r", "id_name": "ada", "room_session_id": 7});
    let exited = json!({"event": "room_exit", "room_id": "r"});
    let message = json!({"event": "before_send_msg", "conv_id": "r"});
    let deliver = |event: &Value| {
        let body = signed(event);
        logged(|| runtime.block_on(hooks.deliver(Delivery::new(&body), now()))).0
    };
    for (event, rust_type) in [
        (&express, "zego::express::RoomCreated"),
        (&exited, "zego::RoomExited"),
        (&json!({"event": "made_up", "room_id": "r"}), "zego::Event"),
        (&message, "zego::BeforeSendMsg"),
    ] {
        let warning = "no handler for this kind of callback; logged once per kind";
        let log = deliver(event);
        let line = log.lines().find(|line| line.contains(warning)).expect(rust_type);
        assert!(line.contains("WARN") && line.contains(rust_type), "{line}");
        assert!(!deliver(event).contains(warning), "{rust_type}");
    }
    // An extractor of another kind logs it as well.
    let receiver = Receiver::new(zego());
    let body = signed(&express);
    let receive = || receiver.receive::<RoomCreated>(Delivery::new(&body), now());
    let (log, received) = logged(receive);
    assert_eq!(received, Err(NotDelivered::OtherKind));
    assert!(log.contains("zego::express::RoomCreated"), "{log}");
    assert!(!logged(receive).0.contains("WARN"));
}

/// The request's trace continues in the handler.
#[test]
fn a_handler_runs_in_a_child_of_the_current_span() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let zego_hooks = hooks_here(zego()).on(async |_: Verified<RoomCreated>| {
        tracing::info!("inside the handler");
    });
    let tencent = Tencent::new(1, "token").unwrap();
    let tencent_hooks = hooks_here(tencent.clone()).answer(async |_: Verified<BeforeSendGift>| {
        tracing::info!("inside the handler");
        Decision::allow()
    });
    let event = zego().sign(&json!({"event": "room_create", "room_id": "r"}), now()).unwrap();
    let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": "r"});
    let question = tencent.sign(&gift, now()).unwrap();
    let request = || tracing::info_span!("request", traceparent = "00-1-2-01");
    let of_event = || zego_hooks.deliver(event.as_delivery(), now()).instrument(request());
    let of_question = || tencent_hooks.deliver(question.as_delivery(), now()).instrument(request());
    for (log, _) in
        [logged(|| runtime.block_on(of_event())), logged(|| runtime.block_on(of_question()))]
    {
        let line = log.lines().find(|line| line.contains("inside the handler")).unwrap();
        assert!(line.contains("request{traceparent=\"00-1-2-01\"}:delivery{"), "{line}");
    }
}

/// An alarm would count two errors for one request as two failures.
#[test]
fn a_question_without_a_readable_body_is_logged_as_one_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let tencent = || Tencent::new(1, "token-5ec2e7").unwrap();
    let hooks = hooks_here(tencent()).answer(async |_: Verified<BeforeSendGift>| Decision::deny());
    let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": "lobby"});
    let query = tencent().sign(&gift, now()).unwrap().query;
    for (body, message) in
        [(&b""[..], "question lost its body"), (b"hello", "question cannot be read")]
    {
        let delivery = Delivery::new(body).with_query(&query);
        let (log, _) = logged(|| runtime.block_on(hooks.deliver(delivery, now())));
        let errors: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
        assert!(errors.len() == 1 && errors[0].contains(message), "{log}");
    }
}
