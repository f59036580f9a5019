//! Tencent's callbacks, from bytes to event or refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use room_hooks::{
    Callback, Delivery, NotDelivered, Receiver, Refusal, RoomEvent, RoomInfoUpdated, SecretName,
    Secrets, Verified,
    adapter::CallbackResponse,
    tencent::{Event, Platform, TakeSeatMode, Tencent},
};

const APP: u64 = 1400000000;
const TOKEN: &str = "k3y-For_Tests";
/// The signature of [`TOKEN`] and [`TIME`].
const SIGN: &str = "094034376f04e2f60704e89141c627dc50fd7b1025d913935f2ff905b33d2ff1";
const TIME: u64 = 1712345678;
const UPDATED: &str = "Room.CallbackAfterUpdateRoomInfo";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(TIME)
}

fn tencent() -> Tencent {
    Tencent::new(APP, TOKEN).unwrap()
}

fn query() -> String {
    format!(
        "SdkAppid={APP}&CallbackCommand={UPDATED}&contenttype=json&ClientIP=127.0.0.1\
         &OptPlatform=RESTAPI&Sign={SIGN}&RequestTime={TIME}"
    )
}

fn body() -> Value {
    json!({
        "CallbackCommand": UPDATED, "Operator_Account": "bob",
        "RoomInfo": {
            "RoomId": "rid-123", "RoomName": "rname-123", "Owner_Account": "jack",
            "TakeSeatMode": "FreeToTake", "MaxMemberCount": 300, "IsVideoDisabled": false,
            "IsAudioDisabled": true, "IsMessageDisabled": false,
            "IsScreenSharingDisabled": false, "IsCloudRecordingDisabled": "false",
            "CustomInfo": "123",
        },
        "EventTime": 1670574414123_u64,
    })
}

fn received<E>(tencent: Tencent, query: &str, body: &[u8]) -> Result<Verified<E>, NotDelivered>
where
    E: RoomEvent<Provider = Tencent>,
{
    Receiver::new(tencent).receive(Delivery::new(body).with_query(query), now())
}

fn receive(query: &str, body: impl AsRef<[u8]>) -> Result<Verified<Event>, Refusal> {
    received(tencent(), query, body.as_ref())
        .map_err(|not_delivered| not_delivered.refusal().cloned().expect("the delivery is refused"))
}

#[test]
fn tencents_own_vector_verifies() {
    let tencent = Tencent::new(APP, "xxxxyyyy").unwrap();
    let query = format!(
        "SdkAppid={APP}&RequestTime=1669872112&CallbackCommand={UPDATED}\
         &Sign=17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
    );
    let body = body().to_string();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1669872112);
    let updated: Result<Verified<RoomInfoUpdated>, _> =
        Receiver::new(tencent).receive(Delivery::new(body.as_bytes()).with_query(&query), then);
    assert_eq!(updated.unwrap().sent_at, Some(then));
}

#[test]
fn a_room_info_updated_event_has_all_its_members() {
    let updated: Verified<RoomInfoUpdated> =
        received(tencent(), &query(), body().to_string().as_bytes()).unwrap();
    assert_eq!((updated.app_id, updated.sent_at), (APP, Some(now())));
    assert_eq!(updated.secret, Some(SecretName::Current));
    let event = updated.into_inner();
    assert_eq!(event.operator_account.as_deref(), Some("bob"));
    assert_eq!(event.event_time, Some(1670574414123));
    let occurred_at = event.occurred_at().unwrap();
    let since_epoch = occurred_at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(since_epoch.as_millis(), 1670574414123);
    let room = event.room_info;
    assert_eq!(room.room_id, "rid-123");
    assert_eq!(room.room_name.as_deref(), Some("rname-123"));
    assert_eq!(room.owner_account.as_deref(), Some("jack"));
    assert_eq!(room.take_seat_mode, Some(TakeSeatMode::FreeToTake));
    assert_eq!(room.max_member_count, Some(300));
    assert_eq!(room.is_video_disabled, Some(false));
    assert_eq!(room.is_audio_disabled, Some(true));
    assert_eq!(room.is_message_disabled, Some(false));
    assert_eq!(room.is_screen_sharing_disabled, Some(false));
    assert_eq!(room.is_cloud_recording_disabled, Some(false));
    assert_eq!(room.custom_info.as_deref(), Some("123"));
}

#[test]
fn an_event_serializes_as_on_the_wire_and_deserializes_again() {
    let event = receive(&query(), body().to_string()).unwrap().into_inner();
    let json = serde_json::to_value(&event).unwrap();
    let mut wire = body();
    wire["RoomInfo"]["IsCloudRecordingDisabled"] = json!(false);
    assert_eq!(json, wire);
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
}

#[test]
fn everything_but_the_room_may_be_absent_and_scalars_may_have_other_types() {
    let body = json!({"CallbackCommand": UPDATED, "RoomInfo": {
        "RoomId": u64::MAX, "MaxMemberCount": "300", "IsAudioDisabled": "true",
        "IsVideoDisabled": 0, "TakeSeatMode": "Auction", "RoomName": null,
    }});
    let event = receive(&query(), body.to_string()).unwrap().into_inner();
    let Event::RoomInfoUpdated(RoomInfoUpdated { room_info: room, .. }) = event else {
        panic!("{event:?}")
    };
    assert_eq!(room.room_id, "18446744073709551615");
    assert_eq!(room.max_member_count, Some(300));
    assert_eq!((room.is_audio_disabled, room.is_video_disabled), (Some(true), Some(false)));
    assert_eq!(room.take_seat_mode, Some(TakeSeatMode::Unknown("Auction".into())));
    assert_eq!(room.room_name, None);

    let body = json!({"RoomInfo": {"RoomId": "r", "TakeSeatMode": 1}});
    let event = receive(&query(), body.to_string()).unwrap().into_inner();
    assert!(matches!(event, Event::RoomInfoUpdated(_)));
}

#[test]
fn parameters_come_in_any_order_and_case() {
    let body = body().to_string();
    for query in [
        format!("sign={SIGN}&REQUESTTIME={TIME}&SDKAppID={APP}&callbackcommand={UPDATED}"),
        format!("Sign={}&RequestTime={TIME}&SdkAppId={APP}", SIGN.to_uppercase()),
        format!("WebhookCommand={UPDATED}&Sign={SIGN}&RequestTime={TIME}&SdkAppid={APP}"),
        format!("Sign={SIGN}&RequestTime={TIME}&CallbackCommand=&SdkAppid="),
    ] {
        let received = receive(&query, &body).unwrap();
        assert!(matches!(received.event, Event::RoomInfoUpdated(_)), "{query}");
        assert_eq!(received.app_id, APP);
    }
}

#[test]
fn a_repeated_parameter_is_refused() {
    for repeated in [
        format!("sign={SIGN}"),
        format!("RequestTime={TIME}"),
        format!("SdkAppID={APP}"),
        format!("CallbackCommand={UPDATED}"),
        format!("WebhookCommand={UPDATED}"),
        "Sign=".into(),
    ] {
        let received = receive(&format!("{}&{repeated}", query()), body().to_string());
        assert_eq!(received.unwrap_err(), Refusal::DuplicateParameter, "{repeated}");
    }
}

#[test]
fn query_and_body_name_the_same_command() {
    let other = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "r"});
    assert_eq!(receive(&query(), other.to_string()).unwrap_err(), Refusal::CommandsDiffer);

    let mut unnamed = body();
    unnamed.as_object_mut().unwrap().remove("CallbackCommand");
    let received = receive(&query(), unnamed.to_string()).unwrap();
    assert!(matches!(received.event, Event::RoomInfoUpdated(_)));
}

#[test]
fn the_commands_other_name_counts_in_the_body_too() {
    let aliased = body().to_string().replace("CallbackCommand", "WebhookCommand");
    let received = receive(&query().replace(UPDATED, ""), &aliased).unwrap();
    assert!(matches!(received.event, Event::RoomInfoUpdated(_)));
    let other = aliased.replace("AfterUpdateRoomInfo", "AfterDestroyRoom");
    assert_eq!(receive(&query(), other).unwrap_err(), Refusal::CommandsDiffer);
}

#[test]
fn a_body_without_any_command_is_delivered_raw() {
    let body = json!({"RoomInfo": {"RoomId": "r"}}).to_string();
    let received = receive(&query().replace(UPDATED, ""), body).unwrap();
    let Event::Raw(other) = &received.event else { panic!("{received:?}") };
    assert_eq!((&*other.name, received.event.room_id()), ("", Some("r")));
}

#[test]
fn an_event_keeps_the_name_that_only_the_query_gave_it() {
    for (body, json) in [
        ("{}", r#"{"CallbackCommand":"Room.X"}"#),
        (r#" { "RoomId" : "r" }"#, r#"{"CallbackCommand":"Room.X","RoomId":"r"}"#),
    ] {
        let event = receive(&query().replace(UPDATED, "Room.X"), body).unwrap().into_inner();
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
        let back: Event = serde_json::from_str(json).unwrap();
        assert_eq!(back.name(), "Room.X");
    }
}

#[test]
fn the_older_name_is_the_same_event() {
    let body = body().to_string().replace("AfterUpdate", "Update");
    let received = receive(&query().replace("AfterUpdate", "Update"), body).unwrap();
    assert_eq!(received.event.name(), UPDATED);
    assert!(matches!(received.event, Event::RoomInfoUpdated(_)));
}

#[test]
fn unknown_commands_and_unexpected_shapes_are_delivered_raw() {
    for command in ["Group.CallbackAfterSendMsg", "Call.X", "x"] {
        let query = query().replace(UPDATED, command);
        let body = json!({"CallbackCommand": command, "RoomId": 7});
        let received = receive(&query, body.to_string()).unwrap();
        let Event::Raw(other) = &received.event else { panic!("{received:?}") };
        assert_eq!((&*other.name, &other.error), (command, &None));
        assert_eq!(received.event.room_id(), Some("7"));
    }

    let unexpected_shape = json!({"CallbackCommand": UPDATED, "RoomInfo": "none"});
    let received = receive(&query(), unexpected_shape.to_string()).unwrap();
    assert!(matches!(received.event, Event::Raw(ref other) if other.error.is_some()));
}

/// The client's parameters are not signed, and nothing depends on them.
#[test]
fn the_client_of_a_request_may_be_unreadable() {
    for odd in ["ClientIP=%FF", "OptPlatform=%FF", "%FF=1"] {
        let query = query().replace("ClientIP=127.0.0.1", odd).replace("&OptPlatform=RESTAPI", "");
        let received = receive(&query, body().to_string()).unwrap();
        assert_eq!(received.client(), None, "{odd}");
    }
    let query = query().replace("Sign=", "Sign=%FF");
    assert!(matches!(receive(&query, body().to_string()), Err(Refusal::Malformed { .. })));
}

#[test]
fn the_query_names_the_client_of_the_request() {
    let client = |from: &str, to: &str| {
        let query = query().replace(from, to);
        receive(&query, body().to_string()).unwrap().client()
    };
    let rest = client("", "").unwrap();
    assert_eq!(rest.ip, Some([127, 0, 0, 1].into()));
    assert_eq!(rest.platform, Some(Platform::RestApi));
    for (platform, known) in [
        ("ios", Platform::Ios),
        ("macOS", Platform::Mac),
        ("Mac", Platform::Mac),
        ("Fridge", Platform::Unknown("Fridge".to_owned())),
    ] {
        assert_eq!(client("RESTAPI", platform).unwrap().platform, Some(known));
    }
    let from_address = client("&OptPlatform=RESTAPI", "").unwrap();
    assert_eq!((from_address.ip, from_address.platform), (rest.ip, None));
    let from_platform = client("&ClientIP=127.0.0.1", "").unwrap();
    assert_eq!((from_platform.ip, from_platform.platform), (None, rest.platform));
    // Nothing depends on these parameters, so none of their values is refused.
    for to in ["ClientIP=nowhere&OptPlatform=", "x=", "clientip=::1&ClientIP=::2&x="] {
        let _ = client("ClientIP=127.0.0.1&OptPlatform=", to);
    }
    assert_eq!(client("&ClientIP=127.0.0.1&OptPlatform=RESTAPI", ""), None);
}

#[test]
fn the_consoles_probe_is_acknowledged_without_a_handler() {
    let bare = format!("Sign={SIGN}&RequestTime={TIME}");
    for (query, body) in [(&bare, ""), (&bare, " \n"), (&bare, "{}"), (&bare, "\u{feff}{ }")] {
        let not_delivered = received::<Event>(tencent(), query, body.as_bytes()).unwrap_err();
        assert_eq!((not_delivered.status(), not_delivered.refusal()), (200, None));
    }
    let not_delivered = received::<Event>(tencent(), "", b"").unwrap_err();
    assert_eq!(not_delivered.status(), 401);
    // With several apps, the token identifies the app of a probe. An event must name its app.
    let several = || tencent().with_app(1, "another").unwrap();
    for (body, status) in [("", 200), ("{}", 200), (r#"{"RoomId":"lobby"}"#, 401)] {
        let not_delivered = received::<Event>(several(), &bare, body.as_bytes()).unwrap_err();
        assert_eq!(not_delivered.status(), status, "{body}");
    }
}

#[test]
fn a_request_time_is_canonical_digits() {
    for time in [
        "",
        "+1712345678",
        "%2B1712345678",
        "%201712345678",
        "01712345678",
        "1712345678.0",
        "1.7e9",
        "-1",
        "171234567812345678901234567890",
        "%EF%BC%91",
    ] {
        let received =
            receive(&query().replace(&TIME.to_string(), time), body().to_string()).unwrap_err();
        let expected = matches!(received, Refusal::Malformed { .. } | Refusal::NotSigned { .. });
        assert!(expected, "{time}: {received}");
    }
    let extreme = query().replace(&TIME.to_string(), &u64::MAX.to_string());
    assert!(receive(&extreme, body().to_string()).is_err());
}

#[test]
fn unauthenticated_deliveries_are_all_refused_with_401() {
    let mut flipped = SIGN.to_owned();
    flipped.replace_range(..1, "1");
    for (query, refusal) in [
        (query().replace(SIGN, &flipped), Refusal::WrongSignature),
        (query().replace(SIGN, &SIGN[..62]), Refusal::WrongSignature),
        (query().replace("&Sign=", "&Sig="), Refusal::NotSigned { part: "Sign" }),
        (query().replace("RequestT", "T"), Refusal::NotSigned { part: "RequestTime" }),
        (query().replace(&APP.to_string(), "1400000001"), Refusal::UnknownApp),
        (query().replace(&APP.to_string(), "x"), Refusal::UnknownApp),
    ] {
        let received = receive(&query, body().to_string()).unwrap_err();
        assert_eq!((received.status(), &received), (401, &refusal));
    }
}

#[test]
fn a_callback_more_than_a_minute_stale_or_from_the_future_is_refused() {
    let body = body().to_string();
    let status = |now: SystemTime| {
        Receiver::new(tencent())
            .receive::<Event>(Delivery::new(body.as_bytes()).with_query(&query()), now)
            .err()
            .map(|not_delivered| not_delivered.status())
    };
    assert_eq!(status(now() + Duration::from_secs(60)), None);
    assert_eq!(status(now() - Duration::from_secs(60)), None);
    assert_eq!(status(now() + Duration::from_secs(61)), Some(401));
    assert_eq!(status(now() - Duration::from_secs(61)), Some(401));
}

#[test]
fn a_body_that_is_not_a_json_object_is_malformed() {
    for body in [&b"\xff\xfe"[..], b"[]", b"42", b"{", b"CallbackCommand=x"] {
        let received = receive(&query(), body);
        assert!(matches!(received, Err(Refusal::Malformed { .. })), "{body:?}");
    }
}

/// A probe of an unsigned app need not name it.
#[test]
fn an_unsigned_app_is_checked_by_its_id_alone() {
    let unsigned = || {
        let tencent = Tencent::dangerous_unsigned(7).with_app(APP, TOKEN).unwrap();
        tencent.with_dangerous_unsigned_app(8).unwrap()
    };
    let body = body().to_string();
    let received = |query: &str| received::<Event>(unsigned(), query, body.as_bytes());
    let verified = received("SdkAppid=7").unwrap();
    assert_eq!((verified.app_id, verified.secret, verified.sent_at), (7, None, None));
    assert_eq!(received("SdkAppid=8").unwrap().app_id, 8);
    assert_eq!(received(&query()).unwrap().app_id, APP);
    for query in ["", "SdkAppid=9", &format!("SdkAppid={APP}")] {
        assert_eq!(received(query).unwrap_err().status(), 401, "{query}");
    }
    for (query, body, status) in
        [("", "", 200), ("CallbackCommand=x", "", 401), ("", "{}", 200), ("Sign=00", "", 401)]
    {
        let probed = self::received::<Event>(unsigned(), query, body.as_bytes()).unwrap_err();
        assert_eq!(probed.status(), status, "{query} {body}");
    }
}

#[test]
fn an_app_is_configured_once() {
    assert!(Tencent::dangerous_unsigned(7).with_app(7, TOKEN).is_err());
    assert!(tencent().with_dangerous_unsigned_app(APP).is_err());
    assert!(tencent().with_app(APP, "other").is_err());
    assert!(Tencent::dangerous_unsigned(7).with_dangerous_unsigned_app(7).is_err());
}

#[test]
fn a_rotated_token_verifies_under_its_name() {
    let tokens = Secrets::new("new").unwrap().with_previous(TOKEN).unwrap();
    let tencent = Tencent::new(APP, tokens).unwrap();
    let received: Verified<Event> =
        received(tencent, &query(), body().to_string().as_bytes()).unwrap();
    assert_eq!(received.secret, Some(SecretName::Previous(1)));
}

#[test]
fn every_response_is_json_with_three_fields() {
    let acknowledged = CallbackResponse::acknowledged::<Tencent>();
    let refused = received::<Event>(tencent(), "", b"").unwrap_err().response::<Tencent>();
    for (answer, status, action, code) in [(acknowledged, 200, "OK", 0), (refused, 401, "FAIL", 1)]
    {
        assert_eq!(answer.status, status);
        let headers: Vec<_> = answer.headers().collect();
        assert_eq!(headers, [("content-type", "application/json")]);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((&body["ActionStatus"], &body["ErrorCode"]), (&json!(action), &json!(code)));
        assert!(body["ErrorInfo"].is_string());
    }
}

#[test]
fn a_request_id_is_truncated_to_64_characters() {
    let body = r#"{"RoomInfo":{"RoomId":"lobby"}}"#;
    let received =
        |request_id: &str| receive(&format!("{}&RequestID={request_id}", query()), body).unwrap();
    assert_eq!(received("a-b").request_id(), Some("a-b"));
    assert_eq!(receive(&query(), body).unwrap().request_id(), None);
    assert_eq!(received("").request_id(), None);
    let long = "é".repeat(64);
    assert_eq!(received(&format!("{long}a")).request_id(), Some(&*long));
    assert_eq!(received(&format!("{long}a")).id(), received(&long).id());
    assert_ne!(received(&long[2..]).id(), received(&long).id());
}

#[test]
fn the_system_under_either_name_is_not_an_operator() {
    for (operator, user) in [
        ("@TIM#SYSTEM", None),
        ("@TLS#NOT_FOUND", None),
        ("", None),
        ("@TLS#144115", Some("@TLS#144115")),
        ("bob", Some("bob")),
    ] {
        let body = json!({"RoomInfo": {"RoomId": "lobby"}, "Operator_Account": operator});
        let verified = receive(&query(), body.to_string()).unwrap();
        assert_eq!(verified.event.operator(), user, "{operator}");
    }
}
