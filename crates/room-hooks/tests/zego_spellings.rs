//! ZEGO's envelope in the spellings of all its products: verification, duplicates, names and ids.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use room_hooks::{
    Callback, Delivery, NotDelivered, Receiver, Refusal, Verified,
    zego::{Event, Zego},
};
use serde_json::{Map, Value, json};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

fn zego() -> Zego {
    Zego::new(123456789, "secret").unwrap()
}

/// The members of the signature, in the first spelling.
const SIGNING: [&str; 4] = ["appid", "timestamp", "nonce", "signature"];
/// Each product's names for the members of the signature, and one that no product uses.
const SPELLINGS: [[&str; 4]; 6] = [
    ["appid", "timestamp", "nonce", "signature"],
    ["AppId", "Timestamp", "Nonce", "Signature"],
    ["Appid", "Timestamp", "Nonce", "Signature"],
    ["AppID", "Timestamp", "Nonce", "Signature"],
    ["app_id", "timestamp", "nonce", "signature"],
    ["APP_ID", "TIME_STAMP", "_nonce_", "Signature"],
];

/// Signs an event, with the members of the signature in the given spelling.
fn signed(event: &Value, spelling: [&str; 4], at: SystemTime) -> Map<String, Value> {
    let body = zego().sign(event, at).unwrap().body;
    let members: Map<String, Value> = serde_json::from_slice(&body).unwrap();
    let spelled = |name: String| {
        let known = name.replace('_', "").to_lowercase();
        match SIGNING.iter().position(|signing| *signing == known) {
            Some(index) => spelling[index].to_owned(),
            None => name,
        }
    };
    members.into_iter().map(|(name, value)| (spelled(name), value)).collect()
}

fn receive(body: &str) -> Result<Verified<Event>, NotDelivered> {
    Receiver::new(zego()).receive(Delivery::new(body.as_bytes()), now())
}

fn to_json(members: &Map<String, Value>) -> String {
    Value::Object(members.clone()).to_string()
}

/// An event of each product, its name, whether it is typed, and its room id.
fn events() -> [(Value, &'static str, bool, Option<&'static str>); 10] {
    [
        (json!({"event": "stream_create", "room_id": "r"}), "stream_create", true, Some("r")),
        (
            json!({"Event": "ASRResult", "AgentInstanceId": "1", "RoomId": "r", "Data": {}}),
            "ASRResult",
            true,
            Some("r"),
        ),
        // Speech recognition.
        (
            json!({"Event": "ASRResult", "TaskId": "1", "RoomId": "r", "Data": {}}),
            "ASRResult",
            false,
            Some("r"),
        ),
        (
            json!({"Event": "censor_audio_v2_result", "TaskId": "1", "AuxInfo": {"RoomId": "r"}}),
            "censor_audio_v2_result",
            true,
            Some("r"),
        ),
        (json!({"event": "mix_start", "channel_id": "r"}), "mix_start", false, Some("r")),
        (
            json!({"event_type": 5, "task_id": "t", "room_id": "r", "sequence": 0}),
            "cloud_recording/5",
            true,
            Some("r"),
        ),
        (json!({"EventType": 3, "TaskId": "t"}), "digital_human/3", false, None),
        (json!({"EventType": 10001, "PlayerId": "p"}), "cloud_player/10001", false, None),
        (
            json!({"EventType": "4", "UploadTaskId": "u", "TaskId": "t"}),
            "cloud_player/4",
            false,
            None,
        ),
        (json!({"EventType": 7}), "event_type/7", false, None),
    ]
}

#[test]
fn every_spelling_of_the_envelope_is_verified() {
    for spelling in SPELLINGS {
        for (event, name, is_typed, room_id) in events() {
            let members = signed(&event, spelling, now());
            let verified = receive(&to_json(&members)).unwrap();
            assert_eq!((verified.app_id, verified.sent_at), (123456789, Some(now())));
            assert_eq!(verified.event.name(), name, "{event}");
            assert_eq!(verified.event.kind() != "raw", is_typed, "{event}");
            assert_eq!(verified.event.room_id(), room_id, "{event}");

            let mut forged = members.clone();
            forged[spelling[2]] = "204817".into();
            assert_eq!(receive(&to_json(&forged)).unwrap_err().status(), 401, "{event}");
            let stale = signed(&event, spelling, now() - Duration::from_secs(301));
            assert_eq!(receive(&to_json(&stale)).unwrap_err().status(), 401, "{event}");
        }
    }
}

#[test]
fn the_test_signer_uses_the_spelling_of_the_product() {
    for (event, names) in [
        (json!({"event": "stream_create"}), SPELLINGS[0]),
        (json!({"Event": "ASRResult"}), SPELLINGS[1]),
        (json!({"EventType": 3, "TaskId": "t"}), SPELLINGS[1]),
        (json!({"event_type": 5, "task_id": "t"}), SPELLINGS[4]),
    ] {
        let body = zego().sign(&event, now()).unwrap().body;
        let members: Map<String, Value> = serde_json::from_slice(&body).unwrap();
        assert!(names.iter().all(|name| members.contains_key(*name)), "{members:?}");
        assert_eq!(receive(&to_json(&members)).unwrap().app_id, 123456789);
    }
}

/// A recorded delivery is re-signed in its product's spelling.
#[test]
fn the_test_signer_keeps_the_spelling_of_an_event() {
    for spelling in SPELLINGS {
        let received =
            signed(&json!({"Event": "ASRResult"}), spelling, now() - Duration::from_secs(900));
        let again = zego().sign(&received, now()).unwrap().body;
        let members: Map<String, Value> = serde_json::from_slice(&again).unwrap();
        assert!(members.keys().eq(received.keys()), "{members:?}");
        assert!(receive(&to_json(&members)).is_ok());
    }
}

#[test]
fn milliseconds_are_fresh_or_stale_in_every_spelling() {
    for spelling in SPELLINGS {
        // The signature covers the milliseconds as text.
        for (age, is_fresh) in [(299, true), (301, false)] {
            let event = json!({"Event": "LLMResult"});
            let mut members = signed(&event, spelling, now());
            let millis = 1_767_225_600_123_u64 - age * 1000;
            let nonce = "7590176157664953209";
            let mut parts = ["secret", &millis.to_string(), nonce];
            parts.sort_unstable();
            let digest = hex(&parts.concat());
            members.insert(spelling[1].into(), millis.into());
            members.insert(spelling[2].into(), nonce.into());
            members.insert(spelling[3].into(), digest.into());
            assert_eq!(receive(&to_json(&members)).is_ok(), is_fresh, "{spelling:?} {age}");
        }
    }
}

fn hex(text: &str) -> String {
    use sha1::{Digest, Sha1};
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_security_relevant_member_in_two_spellings_is_a_duplicate() {
    let duplicate = Err(NotDelivered::Refused(Refusal::DuplicateParameter));
    for (index, others) in [
        (0, ["AppId", "app_id", "appid_"]),
        (1, ["Timestamp", "time_stamp", "TIMESTAMP"]),
        (2, ["Nonce", "_nonce", "NONCE"]),
        (3, ["Signature", "signature_", "SIGNATURE"]),
    ] {
        for other in others {
            let members = signed(&json!({"event": "stream_create"}), SPELLINGS[0], now());
            // Even an equal value is ambiguous, before or after the first.
            for value in
                [members[SIGNING[index]].to_string(), "\"other\"".to_owned(), "null".into()]
            {
                let json = to_json(&members);
                for body in [
                    format!(r#"{{"{other}":{value},{}"#, &json[1..]),
                    format!(r#"{},"{other}":{value}}}"#, &json[..json.len() - 1]),
                ] {
                    assert_eq!(receive(&body).map(drop), duplicate, "{body}");
                }
            }
        }
    }
    for event in [
        r#""event":"stream_create","Event":"stream_create""#,
        r#""event_type":5,"EventType":5"#,
        r#""event":"stream_create","EVENT":null"#,
    ] {
        let members = signed(&json!({}), SPELLINGS[0], now());
        let json = to_json(&members);
        let body = format!(r#"{{{event},{}"#, &json[1..]);
        assert_eq!(receive(&body).map(drop), duplicate, "{body}");
    }
}

#[test]
fn an_event_has_a_name_or_a_number() {
    for (event, name) in [
        (json!({"event": "mix_stop", "event_type": 5, "task_id": "t"}), "mix_stop"),
        (json!({"event": null, "event_type": 5, "task_id": "t"}), "cloud_recording/5"),
    ] {
        let members = signed(&event, SPELLINGS[0], now());
        assert_eq!(receive(&to_json(&members)).unwrap().event.name(), name, "{event}");
    }
    for event in [
        json!({}),
        json!({"event": 5}),
        json!({"event_type": "done"}),
        json!({"event_type": -1}),
        json!({"event_type": 1.5}),
        json!({"event_type": {"a": 1}}),
        json!({"event_type": null}),
        // A mini game, whose signature scheme is not supported.
        json!({"SignatureNonce": "1", "ReportType": 1}),
    ] {
        let members = signed(&event, SPELLINGS[0], now());
        assert_eq!(receive(&to_json(&members)).unwrap_err().status(), 400, "{event}");
    }
}

/// A sender cannot choose the kind of a typed event as a name.
#[test]
fn a_name_with_a_slash_is_not_a_numbered_event() {
    let members = signed(&json!({"event": "cloud_recording/5"}), SPELLINGS[0], now());
    assert_eq!(receive(&to_json(&members)).unwrap().event.kind(), "raw");
}

#[test]
fn the_signature_in_any_spelling_is_not_part_of_the_id_or_the_serialized_event() {
    let event = json!({"event": "x", "room_id": "r"});
    let first = receive(&to_json(&signed(&event, SPELLINGS[0], now()))).unwrap();
    for spelling in SPELLINGS {
        let verified = receive(&to_json(&signed(&event, spelling, now()))).unwrap();
        let written = serde_json::to_string(&verified.event).unwrap();
        let members = signed(&event, spelling, now());
        for index in [2, 3] {
            let value = members[spelling[index]].as_str().unwrap();
            assert!(!written.contains(value), "{written}");
        }
        assert!(verified.id().is_some());
        // The id does not depend on how the app id and the signature are written.
        let mut again = members.clone();
        again[spelling[0]] = 123_456_789.into();
        let signature = members[spelling[3]].as_str().unwrap().to_uppercase();
        again[spelling[3]] = signature.into();
        assert_eq!(receive(&to_json(&again)).unwrap().id(), verified.id());
    }
    let later = receive(&to_json(&signed(&event, SPELLINGS[0], now() - Duration::from_secs(1))));
    assert_ne!(later.unwrap().id(), first.id(), "the event has no time");
}

#[test]
fn a_form_may_have_another_spelling() {
    for spelling in SPELLINGS {
        let members = signed(&json!({"Event": "ASRResult", "RoomId": "r"}), spelling, now());
        let pairs = members.iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{name}={value}")
        });
        let form = pairs.collect::<Vec<_>>().join("&");
        let verified = receive(&form).unwrap();
        assert_eq!((verified.event.name(), verified.event.room_id()), ("ASRResult", Some("r")));
        let twice = format!("{form}&EVENT=ASRResult");
        assert_eq!(receive(&twice).unwrap_err().status(), 400);
    }
}
