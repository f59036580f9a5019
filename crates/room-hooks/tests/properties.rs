//! Properties that hold for every input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Value, json};

use room_hooks::{
    Delivery, Receiver, RoomCreated, RoomEvent, RoomInfoUpdated, Verified,
    tencent::{self, Tencent},
    testing::{Sample, SignedDelivery, samples},
    trtc::{self, Trtc},
    zego::{self, Zego},
};

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
}

fn trtc() -> Trtc {
    Trtc::new(1, "key").unwrap()
}

fn at(seconds: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into())
}

/// Bytes, text, and text that looks like a callback.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let text = "[ -~\u{80}-\u{7ff}]{0,64}".prop_map(String::into_bytes);
    let json = "\\{\"(event|nonce|timestamp|signature|appid|room_id)\":(\"?[0-9a-f+.e-]{0,40}\"?|\\[)\
                (,\"(event|CallbackCommand|nonce|RoomInfo)\":(\"[a-z]{0,9}\"|\\{\\}))?\\}?";
    let form = "(%7[bB])?(event|a\\[\\]|nonce|\\[\\]|%)=[a-z%+=&\\[\\]]{0,40}";
    prop_oneof![
        any::<Vec<u8>>(),
        text,
        json.prop_map(String::into_bytes),
        form.prop_map(String::into_bytes),
    ]
}

/// A value of any type, including the unusual ones that providers send.
fn odd() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(|number| number.to_string().into()),
        prop::sample::select(vec![
            "",
            "true",
            "FALSE",
            "[]",
            "{}",
            "[1]",
            "-7",
            "Quit",
            "@TIM#SYSTEM"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[A-Za-z_]{1,9}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A sample with one member, at any depth, replaced.
fn changed_samples() -> impl Strategy<Value = (Sample, Value)> {
    let samples: Vec<_> = samples().collect();
    (prop::sample::select(samples), any::<prop::sample::Index>(), odd()).prop_map(
        |(sample, index, odd)| {
            let mut event = sample.event();
            let mut pointers = Vec::new();
            pointers_to(&event, "", &mut pointers);
            let pointer = index.get(&pointers);
            *event.pointer_mut(pointer).unwrap() = odd;
            (sample, event)
        },
    )
}

/// A sample with one member of an object, at any depth, null and removed.
fn nulled_samples() -> impl Strategy<Value = (Sample, Value, Value)> {
    let samples: Vec<_> = samples().collect();
    (prop::sample::select(samples), any::<prop::sample::Index>()).prop_map(|(sample, index)| {
        let event = sample.event();
        let mut pointers = Vec::new();
        pointers_to(&event, "", &mut pointers);
        // Null in place of the event's name makes a different event.
        let of_objects = |pointer: &&String| {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let named =
                ["event", "Event", "event_type", "CallbackCommand", "EventType"].contains(&name);
            // The app defines these members, so null is kept.
            let is_own = parent.ends_with("/MetaInfo");
            event.pointer(parent).unwrap().is_object() && !named && !is_own
        };
        let pointers: Vec<_> = pointers.iter().filter(of_objects).collect();
        let (parent, name) = index.get(&pointers).rsplit_once('/').unwrap();
        let (mut nulled, mut removed) = (event.clone(), event.clone());
        nulled.pointer_mut(parent).unwrap()[name] = Value::Null;
        removed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        (sample, nulled, removed)
    })
}

fn pointers_to(value: &Value, to: &str, pointers: &mut Vec<String>) {
    let mut descend = |name: String, value: &Value| {
        let pointer = format!("{to}/{name}");
        pointers.push(pointer.clone());
        pointers_to(value, &pointer, pointers);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| descend(name.clone(), v)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, v)| descend(index.to_string(), v));
        }
        _ => {}
    }
}

/// Reads an event, calls its methods, serializes it and reads it again.
fn survives<E>(event: &Value) -> Result<(), TestCaseError>
where
    E: RoomEvent + Serialize + DeserializeOwned + PartialEq,
{
    // An unreadable envelope is not an event.
    let Ok(event) = serde_json::from_value::<E>(event.clone()) else { return Ok(()) };
    let _ = (event.room_id(), event.operator(), event.occurred_at(), event.session());
    let written = serde_json::to_string(&event).unwrap();
    let again: E = serde_json::from_str(&written).unwrap();
    prop_assert_eq!(again.kind(), event.kind());
    if event.kind() != "raw" {
        prop_assert_eq!(again, event);
    }
    Ok(())
}

fn is_json<E>(verified: &Verified<E>) -> bool {
    verified.document.decode::<IgnoredAny>().is_ok()
}

proptest! {
    #[test]
    fn an_event_with_any_value_in_a_member_is_typed_or_raw((sample, event) in changed_samples()) {
        match sample.provider {
            "zego" => survives::<zego::Event>(&event)?,
            "tencent" => survives::<tencent::Event>(&event)?,
            _ => survives::<trtc::Event>(&event)?,
        }
    }

    #[test]
    fn a_null_member_is_read_like_an_absent_one((sample, nulled, removed) in nulled_samples()) {
        let read = |event: &Value| -> String {
            match sample.provider {
                "zego" => format!("{:?}", serde_json::from_value::<zego::Event>(event.clone())),
                "tencent" => format!("{:?}", serde_json::from_value::<tencent::Event>(event.clone())),
                _ => format!("{:?}", serde_json::from_value::<trtc::Event>(event.clone())),
            }
        };
        // The debug output of a raw event contains the size of its document.
        let (nulled, removed) = (read(&nulled), read(&removed));
        prop_assert!(nulled == removed || nulled.contains("Raw(") && removed.contains("Raw("));
    }

    #[test]
    fn unsigned_input_is_refused(
        query in "(&?(Sign|sign|RequestTime|SdkAppid|x)=[0-9a-f%+]{0,66}){0,5}",
        body in hostile(),
        seconds: u32,
    ) {
        let delivery = Delivery::new(&body).with_query(&query);
        let now = at(seconds);
        let zego: Result<Verified<zego::Event>, _> = Receiver::new(zego()).receive(delivery, now);
        let tencent: Result<Verified<tencent::Event>, _> =
            Receiver::new(tencent()).receive(delivery, now);
        let headers = vec![("Sign".to_owned(), query.clone()), ("SdkAppId".to_owned(), "1".to_owned())];
        let trtc: Result<Verified<trtc::Event>, _> =
            Receiver::new(trtc()).receive(Delivery::new(&body).with_query(&query).with_headers(&headers), now);
        prop_assert!(trtc.is_err_and(|not_delivered| not_delivered.status() >= 400));
        prop_assert!(zego.is_err_and(|not_delivered| not_delivered.status() >= 400));
        prop_assert!(tencent.is_err_and(|not_delivered| not_delivered.status() >= 400));
    }

    #[test]
    fn input_for_an_unsigned_app_causes_no_panic(query: String, body in hostile()) {
        let receiver = Receiver::new(Tencent::dangerous_unsigned(1));
        for query in [&query, "SdkAppid=1"] {
            let received: Result<Verified<tencent::Event>, _> =
                receiver.receive(Delivery::new(&body).with_query(query), at(0));
            prop_assert!(received.is_err() || received.is_ok_and(|verified| is_json(&verified)));
        }
    }

    /// The signatures of ZEGO and Tencent do not cover the body, and only its outermost members are
    /// read before the signature is verified.
    #[test]
    fn invalid_json_is_refused_even_with_a_valid_signature(
        (sample, event) in changed_samples(),
        at_share in 0.0..1.0,
        inserted in "[\\]\\[{}\",:\\\\1e.a-]{0,2}",
        taken in 0..3_usize,
    ) {
        let now = at(1_757_500_000);
        let broken = |mut signed: SignedDelivery| {
            let begin = (signed.body.len() as f64 * at_share) as usize;
            let end = (begin + taken).min(signed.body.len());
            signed.body.splice(begin..end, inserted.bytes());
            signed
        };
        match sample.provider {
            "zego" => {
                let signed = broken(zego().sign(&event, now).unwrap());
                let received: Result<Verified<zego::Event>, _> =
                    Receiver::new(zego()).receive(signed.as_delivery(), now);
                prop_assert!(received.is_err() || received.is_ok_and(|verified| is_json(&verified)));
            }
            "tencent" => {
                let signed = broken(tencent().sign(&event, now).unwrap());
                let received: Result<Verified<tencent::Event>, _> =
                    Receiver::new(tencent()).receive(signed.as_delivery(), now);
                prop_assert!(received.is_err() || received.is_ok_and(|verified| is_json(&verified)));
            }
            _ => {}
        }
    }

    #[test]
    fn a_callback_that_zego_signed_is_received(room_id: String, seconds: u32, late in 0_u64..=300) {
        let event = json!({"event": "room_create", "room_id": room_id});
        let signed = zego().sign(&event, at(seconds)).unwrap();
        let now = at(seconds) + Duration::from_secs(late);
        let created: Verified<RoomCreated> =
            Receiver::new(zego()).receive(signed.as_delivery(), now).unwrap();
        prop_assert_eq!(created.into_inner().room_id, room_id);

        let encoded: String = form_urlencoded::byte_serialize(&signed.body).collect();
        let created: Verified<RoomCreated> = Receiver::new(zego())
            .receive(Delivery::new(encoded.as_bytes()), now)
            .unwrap();
        prop_assert_eq!(created.document.as_str().as_bytes(), signed.body);
    }

    #[test]
    fn a_callback_that_tencent_signed_is_received(room_id: String, seconds: u32, late in 0_u64..=60) {
        let event = json!({
            "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo",
            "RoomInfo": {"RoomId": room_id},
        });
        let signed = tencent().sign(&event, at(seconds)).unwrap();
        let updated: Verified<RoomInfoUpdated> = Receiver::new(tencent())
            .receive(signed.as_delivery(), at(seconds) + Duration::from_secs(late))
            .unwrap();
        prop_assert_eq!(updated.into_inner().room_info.room_id, room_id);
    }

    #[test]
    fn a_callback_that_trtc_signed_is_received_unless_a_byte_is_changed(
        room_id: String,
        seconds: u32,
        place: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let event = json!({"EventType": 101, "EventInfo": {"RoomId": room_id}});
        let mut signed = trtc().sign(&event, at(seconds)).unwrap();
        let received: Verified<trtc::RoomCreated> =
            Receiver::new(trtc()).receive(signed.as_delivery(), at(seconds)).unwrap();
        prop_assert_eq!(received.into_inner().room_id, room_id);

        let place = place.index(signed.body.len());
        signed.body[place] ^= 1 << bit;
        let received: Result<Verified<trtc::Event>, _> =
            Receiver::new(trtc()).receive(signed.as_delivery(), at(seconds));
        prop_assert_eq!(received.unwrap_err().status(), 401);
    }

    #[test]
    fn a_changed_digit_of_a_signature_is_refused(place in 0_usize..40, digit in "[0-9a-f]") {
        let signed = zego().sign(&json!({"event": "x"}), at(1)).unwrap();
        let mut body: Value = serde_json::from_slice(&signed.body).unwrap();
        let mut signature = body["signature"].as_str().unwrap().to_owned();
        prop_assume!(signature[place..=place] != digit);
        signature.replace_range(place..=place, &digit);
        body["signature"] = signature.into();
        let received: Result<Verified<zego::Event>, _> =
            Receiver::new(zego()).receive(Delivery::new(body.to_string().as_bytes()), at(1));
        prop_assert!(received.is_err());
    }
}
