//! ZEGO's callbacks, from bytes to event or refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use room_hooks::{
    Callback, Delivery, Receiver, Refusal, RoomCreated, RoomEvent, SecretName, Secrets, Verified,
    zego::{Event, Zego},
};

const APP: u64 = 1234567890;
const SECRET: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
/// The signature of [`SECRET`], [`TIME`] and the nonce `350176`.
const SIGNATURE: &str = "39959ee998678e0101e90cf6d67f002ea779ead0";
const TIME: u64 = 1757500000;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(TIME)
}

fn zego() -> Zego {
    Zego::new(APP, SECRET).unwrap()
}

fn receive_at<E>(zego: Zego, body: &[u8], now: SystemTime) -> Result<Verified<E>, Refusal>
where
    E: RoomEvent<Provider = Zego>,
{
    let received = Receiver::new(zego).receive(Delivery::new(body), now);
    received
        .map_err(|not_delivered| not_delivered.refusal().cloned().expect("the delivery is refused"))
}

fn receive(body: impl AsRef<[u8]>) -> Result<Verified<Event>, Refusal> {
    receive_at(zego(), body.as_ref(), now())
}

/// A signed `room_create` with some members replaced. A `null` member counts as missing.
fn body(changes: Value) -> String {
    let mut body = json!({
        "appid": APP.to_string(), "event": "room_create", "timestamp": TIME, "nonce": "350176",
        "signature": SIGNATURE, "room_id": "lobby", "operator_account": "ada",
        "room_name": "The Lobby",
        "attributes": [
            {"key": "topic", "value": "rust", "auto_delete": 0},
            {"key": "mood", "value": "calm", "auto_delete": 1},
        ],
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn is_malformed(received: &Result<Verified<Event>, Refusal>) -> bool {
    matches!(received, Err(Refusal::Malformed { .. }))
}

#[test]
fn zegos_own_vector_verifies() {
    let zego = Zego::new(1, "secret").unwrap();
    let body = br#"{"appid":"1","event":"room_create","timestamp":1470820198,"nonce":"123412",
        "signature":"5bd59fd62953a8059fb7eaba95720f66d19e4517","room_id":"1"}"#;
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1470820198);
    let created: Verified<RoomCreated> = receive_at(zego, body, then).unwrap();
    assert_eq!((created.app_id, created.sent_at), (1, Some(then)));
}

#[test]
fn a_room_created_event_has_all_its_members() {
    let created: Verified<RoomCreated> =
        receive_at(zego(), body(json!({})).as_bytes(), now()).unwrap();
    assert_eq!(created.app_id, APP);
    assert_eq!(created.sent_at, Some(now()));
    assert_eq!(created.secret, Some(SecretName::Current));
    let event = created.into_inner();
    assert_eq!(event.room_id, "lobby");
    assert_eq!(event.operator_account.as_deref(), Some("ada"));
    assert_eq!(event.room_name.as_deref(), Some("The Lobby"));
    let attributes: Vec<_> = event
        .attributes
        .iter()
        .map(|attribute| (&*attribute.key, &*attribute.value, attribute.auto_delete))
        .collect();
    assert_eq!(attributes, [("topic", "rust", false), ("mood", "calm", true)]);
}

#[test]
fn an_event_serializes_as_on_the_wire_without_its_signature() {
    let wire: Value = serde_json::from_str(&body(json!({}))).unwrap();
    let event = receive(body(json!({}))).unwrap().into_inner();
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(json["event"], "room_create");
    for name in ["room_id", "operator_account", "room_name", "attributes"] {
        assert_eq!(json[name], wire[name], "{name}");
    }
    assert_eq!(json.get("signature"), None);
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
}

#[test]
fn an_unknown_event_is_delivered_raw_and_survives_a_round_trip() {
    let received = receive(body(json!({"event": "user_action", "big": u64::MAX}))).unwrap();
    let Event::Raw(other) = &received.event else { panic!("{received:?}") };
    assert_eq!((&*other.name, other.error.as_deref()), ("user_action", None));
    assert_eq!(received.event.room_id(), Some("lobby"));
    let json = serde_json::to_string(&received.event).unwrap();
    assert!(json.contains(&u64::MAX.to_string()));
    assert!(!json.contains(SIGNATURE));
    let back: Event = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
}

#[test]
fn a_known_event_with_an_unexpected_shape_is_delivered_raw_with_the_reason() {
    for changes in [
        json!({"room_id": null}),
        json!({"room_id": ["lobby"]}),
        json!({"attributes": {"key": "topic"}}),
        json!({"attributes": [["topic", "rust"]]}),
    ] {
        let received = receive(body(changes)).unwrap();
        let Event::Raw(other) = &received.event else { panic!("{received:?}") };
        assert_eq!(&*other.name, "room_create");
        assert!(other.error.is_some());
        assert!(other.document.as_str().contains("operator_account"));
    }
}

#[test]
fn room_create_from_express_or_for_a_group_is_not_a_zim_room() {
    for changes in [
        json!({"room_session_id": 858012925204410400_u64}),
        json!({"room_create_time": "1499676978027"}),
        json!({"id_name": "ada"}),
    ] {
        let received = receive(body(changes)).unwrap();
        assert!(matches!(received.event, Event::ExpressRoomCreated(_)), "{received:?}");
        assert_eq!(
            (received.event.name(), received.event.kind()),
            ("room_create", "express/room_create")
        );
        assert!(received.downcast::<RoomCreated>().is_err());
    }
    for changes in [json!({"room_id": null, "group_id": "g"}), json!({"group_id": "g"})] {
        let group = body(changes).replace("room_create", "group_create");
        let received = receive(group).unwrap();
        assert!(matches!(received.event, Event::Raw(ref other) if other.error.is_none()));
    }
    let renamed = receive(body(json!({"event": "group_create"}))).unwrap();
    assert!(matches!(renamed.event, Event::RoomCreated(_)));
    assert_eq!(renamed.event.name(), "room_create");
}

#[test]
fn a_number_may_be_a_string_and_a_string_of_digits_a_number() {
    for changes in [
        json!({"appid": APP}),
        json!({"timestamp": TIME.to_string()}),
        json!({"nonce": 350176}),
        json!({"signature": SIGNATURE.to_uppercase()}),
    ] {
        assert!(receive(body(changes)).is_ok());
    }
    let number = receive(body(json!({"room_id": u64::MAX}))).unwrap().into_inner();
    assert_eq!(number.room_id(), Some("18446744073709551615"));
}

#[test]
fn a_number_of_any_length_is_signed_as_the_text_that_arrived() {
    let nonce = "1234567890123456789012345";
    let signed = body(json!({
        "nonce": nonce, "signature": "18badc698c8fc49d7d7d0bb17882a43adbbf61e6",
    }));
    assert!(receive(&signed).is_ok());
    assert!(receive(signed.replace(&format!("\"{nonce}\""), nonce)).is_ok());
}

#[test]
fn milliseconds_verify_as_the_text_that_arrived() {
    let body = body(json!({
        "timestamp": 1757500000123_u64, "nonce": "045678",
        "signature": "11e754f79088e777a5cd7de36b95b0cf1c0c50c1",
    }));
    let sent_at = receive(body).unwrap().sent_at.unwrap();
    assert_eq!(sent_at.duration_since(now()).unwrap(), Duration::from_millis(123));
}

#[test]
fn every_encoding_gives_the_same_event() {
    let json = body(json!({"room_id": "50% off+a&b=c d"}));
    let expected = receive(&json).unwrap().into_inner();
    assert_eq!(expected.room_id(), Some("50% off+a&b=c d"));

    let quoted: String = form_urlencoded::byte_serialize(json.as_bytes()).collect();
    let members: Value = serde_json::from_str(&json).unwrap();
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in members.as_object().unwrap() {
        match value.as_array() {
            Some(list) => {
                form.extend_pairs(list.iter().map(|v| (format!("{name}[]"), v.to_string())))
            }
            None => form.append_pair(name, value.as_str().unwrap_or(&value.to_string())),
        };
    }
    for body in [
        format!("\u{feff}\n {json}"),
        quoted.clone(),
        quoted.replace('+', "%20"),
        format!("{quoted}="),
        form.finish(),
    ] {
        assert_eq!(receive(&body).unwrap().event, expected, "{body}");
    }
}

#[test]
fn a_timestamp_that_is_not_canonical_is_not_normalized() {
    for timestamp in [
        json!("1757500000.0"),
        json!(1757500000.0),
        json!("1.7575e9"),
        json!("+1757500000"),
        json!(" 1757500000"),
        json!("01757500000"),
        json!("-1757500000"),
        json!(-1757500000_i64),
        json!(""),
        json!("175750000012345678901234567890"),
        json!("１７５７５０００００"),
        json!(true),
        json!([TIME]),
    ] {
        assert!(is_malformed(&receive(body(json!({"timestamp": timestamp})))), "{timestamp}");
    }
    let exponent = body(json!({})).replace("1757500000", "17575e5");
    assert!(is_malformed(&receive(exponent)));
}

#[test]
fn a_nonce_is_alphanumeric_and_short() {
    for nonce in ["", "35 0176", "350-176", "3501\u{80}76", &"3".repeat(65), "３"] {
        assert!(is_malformed(&receive(body(json!({"nonce": nonce})))), "{nonce}");
    }
}

/// The signed parts are joined without a separator, so the moved digits have the digest of a valid
/// pair that is long stale.
#[test]
fn digits_moved_between_timestamp_and_nonce_do_not_outlive_the_tolerance() {
    let secret = "zsecret";
    let receive = |timestamp: u64, nonce: &str, now: u64| {
        // The signature of ("zsecret", 1757500223, "7548405981779359894").
        let signature = "e488a63b0a69845b2b71f6b99fee7f2c4c895a1a";
        let body = body(json!({"timestamp": timestamp, "nonce": nonce, "signature": signature}));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now);
        receive_at::<Event>(Zego::new(APP, secret).unwrap(), body.as_bytes(), now).err()
    };
    assert_eq!(receive(1757500223, "7548405981779359894", 1757500300), None);
    let eight_months_later = receive(1779359894, "1757500223754840598", 1779359900);
    assert!(matches!(eight_months_later, Some(Refusal::Stale { .. })), "{eight_months_later:?}");
    // While the first pair is fresh, the second pair is in the future.
    let swapped = receive(1779359894, "1757500223754840598", 1757500223);
    assert!(matches!(swapped, Some(Refusal::TimestampInFuture { .. })), "{swapped:?}");
}

#[test]
fn a_missing_part_of_the_signature_is_named_in_the_refusal() {
    for part in ["timestamp", "nonce", "signature"] {
        assert_eq!(receive(body(json!({part: null}))).unwrap_err(), Refusal::NotSigned { part });
    }
}

#[test]
fn a_wrong_signature_of_any_length_is_refused() {
    let mut flipped = SIGNATURE.to_owned();
    flipped.replace_range(39.., "1");
    for signature in ["", "39", &SIGNATURE[..38], &flipped, &format!("{SIGNATURE}00"), "zz"] {
        let received = receive(body(json!({"signature": signature})));
        assert_eq!(received.unwrap_err(), Refusal::WrongSignature, "{signature}");
    }
}

#[test]
fn stale_and_future_callbacks_are_refused_with_401() {
    let year = Duration::from_secs(365 * 24 * 3600);
    for (now, status) in [
        (now() + Duration::from_secs(300), None),
        (now() - Duration::from_secs(300), None),
        (now() + Duration::from_secs(301), Some(401)),
        (now() - Duration::from_secs(301), Some(401)),
        (now() + year, Some(401)),
        (now() - year, Some(401)),
        (SystemTime::UNIX_EPOCH, Some(401)),
    ] {
        let received: Result<Verified<Event>, _> =
            receive_at(zego(), body(json!({})).as_bytes(), now);
        assert_eq!(received.err().map(|refusal| refusal.status()), status);
    }
    let lasting = zego().with_tolerance(30 * year).unwrap();
    assert!(receive_at::<Event>(lasting, body(json!({})).as_bytes(), now() + 30 * year).is_ok());
}

#[test]
fn an_app_that_is_not_configured_is_refused() {
    for app_id in [json!(APP + 1), json!("01234567890"), json!("mine")] {
        let received = receive(body(json!({"appid": app_id})));
        assert_eq!(received.unwrap_err(), Refusal::UnknownApp);
    }
    assert_eq!(receive(body(json!({"appid": null}))).unwrap().app_id, APP);
}

#[test]
fn a_rotated_secret_verifies_under_its_name() {
    let secrets = Secrets::new("new").unwrap().with_previous("older").unwrap();
    let zego = Zego::new(APP, secrets.with_previous(SECRET).unwrap()).unwrap();
    let received: Verified<Event> = receive_at(zego, body(json!({})).as_bytes(), now()).unwrap();
    assert_eq!(received.secret, Some(SecretName::Previous(2)));
}

#[test]
fn a_repeated_member_is_refused() {
    for member in [
        r#""timestamp":1757500000"#,
        r#""nonce":"350176""#,
        r#""event":"room_create""#,
        r#""appid":1"#,
        r#""room_id":"elsewhere""#,
        r#""signature":"""#,
        r#""\u0065vent":"x""#,
    ] {
        let twice = body(json!({})).replacen('{', &format!("{{{member},"), 1);
        assert_eq!(receive(twice).unwrap_err(), Refusal::DuplicateParameter, "{member}");
    }
}

#[test]
fn a_body_that_is_not_a_callback_is_malformed() {
    for body in [
        &b""[..],
        b"{}",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"a=b",
        b"event=room_create&x",
        br#"{"event":null}"#,
        br#"{"event":7}"#,
        br#"{"event":{}}"#,
        br#"{"event":"room_create"}{}"#,
    ] {
        let received = receive(body);
        assert!(
            is_malformed(&received) || matches!(received, Err(Refusal::NotSigned { .. })),
            "{body:?}: {received:?}"
        );
    }
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let body = body(json!({}));
    let received = |limit| {
        Receiver::new(zego())
            .with_body_limit(limit)
            .receive::<Event>(Delivery::new(body.as_bytes()), now())
            .map_err(|not_delivered| (not_delivered.status(), not_delivered.refusal().cloned()))
    };
    assert_eq!(received(body.len() - 1), Err((413, Some(Refusal::BodyTooLarge))));
    assert!(received(body.len()).is_ok());
}
