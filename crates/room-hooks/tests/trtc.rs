//! TRTC's callbacks, from bytes to event or refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use serde_json::json;

use room_hooks::{
    Callback, ConfigError, Delivery, Disposition, NotDelivered, Provider, Receiver, Refusal,
    RoomEvent, SecretName, Secrets, Verified,
    trtc::{AudioStopped, Event, Role, Trtc, UserEntered},
};

const APP: u64 = 1400000000;
/// TRTC's own vector: a key, the exact bytes of a body, and its signature.
const KEY: &str = "123654";
const BODY: &str = "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n\
    \t\"EventInfo\":\t{\n\t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n\
    \t\t\"EventMsTs\":\t1664209748180,\n\t\t\"UserId\":\t\"user_85034614\",\n\t\t\"Reason\":\t0\n\t}\n}";
const SIGN: &str = "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=";
const SENT_MILLIS: u64 = 1664209748188;

fn sent_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(SENT_MILLIS)
}

fn trtc() -> Trtc {
    Trtc::new(APP, KEY).unwrap()
}

fn headers(app_id: &str, sign: &str) -> Vec<(String, String)> {
    [("sdkappid", app_id), ("SIGN", sign)].map(|(name, value)| (name.into(), value.into())).into()
}

fn received<E>(
    trtc: Trtc,
    headers: &Vec<(String, String)>,
    body: &[u8],
    now: SystemTime,
) -> Result<Verified<E>, NotDelivered>
where
    E: RoomEvent<Provider = Trtc>,
{
    Receiver::new(trtc).receive(Delivery::new(body).with_headers(headers), now)
}

fn refusal(trtc: Trtc, headers: &Vec<(String, String)>, body: &[u8]) -> Refusal {
    received::<Event>(trtc, headers, body, sent_at())
        .unwrap_err()
        .refusal()
        .cloned()
        .expect("the delivery is refused")
}

#[test]
fn the_published_callback_is_received() {
    let headers = headers("1400000000", SIGN);
    let stopped: Verified<AudioStopped> =
        received(trtc(), &headers, BODY.as_bytes(), sent_at()).unwrap();
    assert_eq!((stopped.app_id, stopped.sent_at), (APP, Some(sent_at())));
    assert_eq!(stopped.secret, Some(SecretName::Current));
    let AudioStopped { room_id, user_id, reason, .. } = &stopped.event;
    assert_eq!((room_id.as_str(), user_id.as_deref()), ("8489", Some("user_85034614")));
    assert_eq!((*reason, stopped.event.name()), (Some(0), "204"));
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1664209748180);
    assert_eq!(stopped.event.occurred_at(), Some(at));
}

#[test]
fn every_byte_of_the_body_is_signed() {
    let headers = headers("1400000000", SIGN);
    for index in 0..BODY.len() {
        let mut body = BODY.as_bytes().to_vec();
        body[index] ^= 1;
        assert_eq!(refusal(trtc(), &headers, &body), Refusal::WrongSignature, "{index}");
    }
    for body in [BODY.replace('\t', ""), format!("{BODY}\n"), format!(" {BODY}")] {
        assert_eq!(refusal(trtc(), &headers, body.as_bytes()), Refusal::WrongSignature);
    }
}

#[test]
fn the_named_app_must_have_signed() {
    let refusal = |app_id, sign| refusal(trtc(), &headers(app_id, sign), BODY.as_bytes());
    assert_eq!(refusal("1400000001", SIGN), Refusal::UnknownApp);
    for app_id in ["demo", "01400000000", " 1400000000"] {
        assert_eq!(refusal(app_id, SIGN), Refusal::UnknownApp, "{app_id:?}");
    }
    let (lower, other) = (SIGN.to_lowercase(), SIGN.replace('k', "l"));
    for sign in ["x", &SIGN[1..], &lower, &other] {
        assert_eq!(refusal("1400000000", sign), Refusal::WrongSignature, "{sign:?}");
    }
    assert_eq!(refusal("1400000000", ""), Refusal::NotSigned { part: "Sign" });
    let unsigned = vec![("SdkAppId".to_owned(), APP.to_string())];
    let refusal = self::refusal(trtc(), &unsigned, BODY.as_bytes());
    assert_eq!(refusal, Refusal::NotSigned { part: "Sign" });
}

/// The header is not signed. If it is missing, the key identifies the app.
#[test]
fn without_an_app_id_the_key_identifies_the_app_and_an_old_key_verifies() {
    let keys = Secrets::new("new").unwrap().with_previous(KEY).unwrap();
    let trtc = Trtc::new(2, keys).unwrap();
    for headers in [vec![("Sign".to_owned(), SIGN.to_owned())], headers("", SIGN)] {
        let received: Verified<Event> =
            received(trtc.clone(), &headers, BODY.as_bytes(), sent_at()).unwrap();
        assert_eq!((received.app_id, received.secret), (2, Some(SecretName::Previous(1))));
    }
    // TRTC always sends the header. Trying each app's key would cost an HMAC of the body per key.
    let several = trtc.with_app(1, "another").unwrap();
    for headers in [vec![("Sign".to_owned(), SIGN.to_owned())], headers("", SIGN)] {
        assert_eq!(refusal(several.clone(), &headers, BODY.as_bytes()), Refusal::AppNotNamed);
    }
}

#[test]
fn freshness_is_optional_and_its_tolerance_covers_the_retries() {
    let headers = headers("1400000000", SIGN);
    let receive = |trtc: Trtc, now| received::<Event>(trtc, &headers, BODY.as_bytes(), now);
    let years = Duration::from_secs(100_000_000);
    assert!(receive(trtc(), sent_at() + years).is_ok());
    assert!(receive(trtc(), sent_at() - years).is_ok());

    let min = Trtc::MIN_TOLERANCE;
    let too_narrow = trtc().with_tolerance(min - Duration::from_millis(1)).unwrap_err();
    assert_eq!(too_narrow, ConfigError::ToleranceTooNarrow { min });
    let fresh = || trtc().with_tolerance(min).unwrap();
    assert!(receive(fresh(), sent_at() + min).is_ok());
    assert!(receive(fresh(), sent_at() - min).is_ok());
    let beyond = min + Duration::from_millis(1);
    let refusal = |now| receive(fresh(), now).unwrap_err().refusal().cloned();
    assert_eq!(refusal(sent_at() + beyond), Some(Refusal::Stale { age: beyond }));
    assert_eq!(refusal(sent_at() - beyond), Some(Refusal::TimestampInFuture { ahead: beyond }));
}

#[test]
fn a_signed_body_that_is_not_a_callback_is_unreadable() {
    for body in [
        &b""[..],
        b"[]",
        b"{}",
        b"{\"EventInfo\":{}}",
        b"{\"EventType\":null}",
        b"{\"EventType\":[101]}",
        b"\xff\xfe",
        b"null",
        b"{\"EventType\":103,\"EventInfo\":{\"RoomId\":7},\"x\":broken}",
        b"{\"EventType\":999,\"EventInfo\":{\"RoomId\":7},\"x\":[broken]}",
    ] {
        let headers = headers("1400000000", &signed(body));
        assert!(matches!(refusal(trtc(), &headers, body), Refusal::Malformed { .. }), "{body:?}");
    }
    let body = b"{\"EventType\":1,\"EventType\":2}";
    let duplicate = refusal(trtc(), &headers("1400000000", &signed(body)), body);
    assert_eq!(duplicate, Refusal::DuplicateParameter);
    // A missing time is refused only with a tolerance.
    let body = b"{\"EventType\":103,\"EventInfo\":{\"RoomId\":\"lobby\"}}";
    let headers = headers("1400000000", &signed(body));
    assert!(received::<UserEntered>(trtc(), &headers, body, sent_at()).is_ok());
    let fresh = trtc().with_tolerance(Duration::from_secs(1_000_000_000)).unwrap();
    assert_eq!(refusal(fresh, &headers, body), Refusal::NotSigned { part: "CallbackTs" });
}

/// A signature that is independent of the implementation under test.
fn signed(body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let hmac = Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap().chain_update(body);
    data_encoding::BASE64.encode(&hmac.finalize().into_bytes())
}

#[test]
fn a_retry_with_a_new_signing_time_is_a_duplicate() {
    let event = |millis: u64| json!({"EventType": 103, "EventInfo": {"RoomId": 7, "UserId": "ada", "EventMsTs": millis}});
    let id = |event: &serde_json::Value, now| {
        let signed = trtc().sign(event, now).unwrap();
        let received: Verified<UserEntered> =
            Receiver::new(trtc()).receive(signed.as_delivery(), now).unwrap();
        received.id()
    };
    let later = sent_at() + Duration::from_secs(10);
    let millis = 1_664_209_748_180;
    assert_eq!(id(&event(millis), sent_at()), id(&event(millis), later));
    assert_ne!(id(&event(millis), sent_at()), id(&event(millis + 1), sent_at()));
    // For an event without a type, no distinguishing member is known.
    let recorded = json!({"EventGroupId": 3, "EventType": 308, "EventInfo": {"EventMsTs": 1}});
    let raw_id = |now| {
        let signed = trtc().sign(&recorded, now).unwrap();
        let received: Verified<Event> =
            Receiver::new(trtc()).receive(signed.as_delivery(), now).unwrap();
        received.id()
    };
    assert_ne!(raw_id(sent_at()), raw_id(later));
    // If nothing else distinguishes two events, the sending time does. An event time in seconds is
    // not enough.
    let second = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby", "EventTs": 1}});
    assert_ne!(id(&second, sent_at()), id(&second, later));
    let timeless = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby", "UserId": "ada"}});
    assert_ne!(id(&timeless, sent_at()), id(&timeless, later));
}

#[test]
fn a_signature_from_the_test_signer_verifies() {
    let event = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby", "Role": 20}});
    let signed = trtc().sign(&event, sent_at()).unwrap();
    let entered: Verified<UserEntered> =
        Receiver::new(trtc()).receive(signed.as_delivery(), sent_at()).unwrap();
    assert_eq!(entered.event.role, Some(Role::Anchor));
    assert_eq!(entered.sent_at, Some(sent_at()));
    assert!(trtc().sign(&json!([]), sent_at()).is_err());
}

#[test]
fn every_response_is_short_json() {
    for (disposition, body) in [
        (Disposition::Handled, r#"{"code":0}"#),
        (Disposition::Failed, r#"{"code":1}"#),
        (Disposition::DeadlineExceeded, r#"{"code":1}"#),
        (Disposition::Refused(Refusal::WrongSignature), r#"{"code":1}"#),
    ] {
        let answer = Trtc::response(&disposition);
        assert_eq!(answer.body, body);
        assert!(answer.headers().any(|header| header == ("content-type", "application/json")));
    }
}

#[test]
fn an_app_without_a_key_is_dangerous_and_received() {
    let unsigned = || Trtc::dangerous_unsigned(APP);
    let both = || trtc().with_dangerous_unsigned_app(7).unwrap();
    let named = |id: &str| vec![("SdkAppId".to_owned(), id.to_owned())];
    let body = BODY.as_bytes();
    for (trtc, headers, app_id) in [
        (unsigned(), named("1400000000"), APP),
        // TRTC's documentation does not say that it names an app without a key.
        (unsigned(), Vec::new(), APP),
        (unsigned(), headers("1400000000", SIGN), APP),
        (both(), named("7"), 7),
        (both(), Vec::new(), 7),
    ] {
        let verified: Verified<AudioStopped> = received(trtc, &headers, body, sent_at()).unwrap();
        assert_eq!((verified.app_id, verified.secret, verified.sent_at), (app_id, None, None));
    }
    let signed: Verified<Event> = received(both(), &headers("", SIGN), body, sent_at()).unwrap();
    assert_eq!((signed.app_id, signed.secret), (APP, Some(SecretName::Current)));
    for (trtc, headers) in [
        (unsigned(), named("7")),
        (unsigned(), named("01400000000")),
        (both(), named("1400000000")),
        (both(), headers("1400000000", "forged")),
        (both(), headers("", "forged")),
        (trtc(), named("1400000000")),
        (trtc(), Vec::new()),
    ] {
        assert_eq!(refusal(trtc, &headers, body).status(), 401, "{headers:?}");
    }
    assert_eq!(
        trtc().with_dangerous_unsigned_app(APP).err(),
        Some(ConfigError::DuplicateApp { app_id: APP })
    );
}

/// The time of an unsigned delivery proves nothing, so it is not part of the id and is never stale.
#[test]
fn an_unsigned_delivery_has_an_id_only_if_its_event_has_a_time() {
    let trtc = || Trtc::dangerous_unsigned(APP).with_tolerance(Trtc::MIN_TOLERANCE).unwrap();
    let years = Duration::from_secs(10 * 365 * 24 * 3600);
    let id = |body: &str| {
        let received: Verified<Event> =
            received(trtc(), &Vec::new(), body.as_bytes(), sent_at() + years).unwrap();
        received.id()
    };
    let timed = id(
        r#"{"EventType":101,"CallbackTs":1,"EventInfo":{"RoomId":1,"EventMsTs":1664209748180}}"#,
    );
    let again = id(
        r#"{"EventType":101,"CallbackTs":2,"EventInfo":{"RoomId":1,"EventMsTs":1664209748180}}"#,
    );
    assert!(timed.is_some() && timed == again);
    assert_eq!(id(r#"{"EventType":101,"CallbackTs":1,"EventInfo":{"RoomId":1}}"#), None);
}

#[test]
fn the_test_signer_does_not_sign_for_an_app_without_a_key() {
    let event = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby"}});
    let signed = Trtc::dangerous_unsigned(APP).sign(&event, sent_at()).unwrap();
    assert!(signed.headers.contains(&("SdkAppId".to_owned(), "1400000000".to_owned())));
    assert!(!signed.headers.iter().any(|(name, _)| name == "Sign"));
    let received =
        Receiver::new(Trtc::dangerous_unsigned(APP)).receive(signed.as_delivery(), sent_at());
    assert!(
        received.is_ok_and(|verified: Verified<UserEntered>| verified.event.room_id == "lobby")
    );
}

#[test]
fn a_callback_without_an_event_type_is_named_by_its_group() {
    let receiver = Receiver::new(Trtc::dangerous_unsigned(APP));
    let receive = |body: &str| receiver.receive::<Event>(Delivery::new(body.as_bytes()), sent_at());
    for (body, name) in [
        (r#"{"EventGroupId":9,"EventInfo":{"RoomId":"1234"}}"#, "group/9"),
        (r#"{"EventGroupId":"9","EventType":null,"EventInfo":{"RoomId":"1234"}}"#, "group/9"),
        (r#"{"EventGroupId":9,"EventType":901,"EventInfo":{"RoomId":"1234"}}"#, "901"),
    ] {
        let verified = receive(body).unwrap();
        assert_eq!((verified.event.name(), verified.event.kind()), (name, "raw"), "{body}");
        assert_eq!(verified.event.room_id(), Some("1234"));
    }
    for body in ["{}", r#"{"EventGroupId":"x"}"#, r#"{"EventGroupId":[9]}"#, r#"{"EventInfo":{}}"#]
    {
        assert_eq!(receive(body).unwrap_err().status(), 400, "{body}");
    }
}

#[test]
fn both_spellings_of_the_milliseconds_are_read_as_one_member() {
    for name in ["EventMsTs", "EventTsMs"] {
        for value in ["1664209748180", "\"1664209748180\""] {
            let body =
                format!(r#"{{"EventType":101,"EventInfo":{{"RoomId":1,"{name}":{value}}}}}"#);
            let receiver = Receiver::new(Trtc::dangerous_unsigned(APP));
            let created: Verified<room_hooks::trtc::RoomCreated> =
                receiver.receive(Delivery::new(body.as_bytes()), sent_at()).unwrap();
            assert_eq!(created.event.event_ms_ts, Some(1_664_209_748_180), "{body}");
            assert!(created.id().is_some(), "{body}");
        }
    }
}
