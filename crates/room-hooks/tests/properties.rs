//! What holds for every input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::json;

use room_hooks::{
    Delivery, Receiver, RoomCreated, RoomInfoUpdated, Verified,
    tencent::{self, Tencent},
    zego::{self, Zego},
};

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
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

proptest! {
    #[test]
    fn nothing_that_is_not_signed_comes_through(
        query in "(&?(Sign|sign|RequestTime|SdkAppid|x)=[0-9a-f%+]{0,66}){0,5}",
        body in hostile(),
        seconds: u32,
    ) {
        let delivery = Delivery::new(&query, &(), &body);
        let now = at(seconds);
        let zego: Result<Verified<zego::Event>, _> = Receiver::new(zego()).receive(delivery, now);
        let tencent: Result<Verified<tencent::Event>, _> =
            Receiver::new(tencent()).receive(delivery, now);
        prop_assert!(zego.is_err_and(|unhandled| unhandled.answer.status >= 400));
        prop_assert!(tencent.is_err_and(|unhandled| unhandled.answer.status >= 400));
    }

    #[test]
    fn unsigned_input_is_read_or_refused_but_never_a_panic(query: String, body in hostile()) {
        let receiver = Receiver::new(Tencent::unsigned(1));
        for query in [&query, "SdkAppid=1"] {
            let _: Result<Verified<tencent::Event>, _> =
                receiver.receive(Delivery::new(query, &(), &body), at(0));
        }
    }

    #[test]
    fn what_zego_signs_is_received(room_id: String, seconds: u32, late in 0_u64..=300) {
        let event = json!({"event": "room_create", "room_id": room_id});
        let signed = zego().sign(&event, at(seconds)).unwrap();
        let now = at(seconds) + Duration::from_secs(late);
        let created: Verified<RoomCreated> =
            Receiver::new(zego()).receive(signed.as_delivery(), now).unwrap();
        prop_assert_eq!(created.event.room_id, room_id);

        let encoded: String = form_urlencoded::byte_serialize(&signed.body).collect();
        let created: Verified<RoomCreated> = Receiver::new(zego())
            .receive(Delivery::new("", &(), encoded.as_bytes()), now)
            .unwrap();
        prop_assert_eq!(created.document.as_str().as_bytes(), signed.body);
    }

    #[test]
    fn what_tencent_signs_is_received(room_id: String, seconds: u32, late in 0_u64..=60) {
        let event = json!({
            "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo",
            "RoomInfo": {"RoomId": room_id},
        });
        let signed = tencent().sign(&event, at(seconds)).unwrap();
        let updated: Verified<RoomInfoUpdated> = Receiver::new(tencent())
            .receive(signed.as_delivery(), at(seconds) + Duration::from_secs(late))
            .unwrap();
        prop_assert_eq!(updated.event.room_info.room_id, room_id);
    }

    #[test]
    fn a_changed_digit_of_a_signature_is_refused(place in 0_usize..40, digit in "[0-9a-f]") {
        let signed = zego().sign(&json!({"event": "x"}), at(1)).unwrap();
        let mut body: serde_json::Value = serde_json::from_slice(&signed.body).unwrap();
        let mut signature = body["signature"].as_str().unwrap().to_owned();
        prop_assume!(signature[place..=place] != digit);
        signature.replace_range(place..=place, &digit);
        body["signature"] = signature.into();
        let received: Result<Verified<zego::Event>, _> =
            Receiver::new(zego()).receive(Delivery::new("", &(), body.to_string().as_bytes()), at(1));
        prop_assert!(received.is_err());
    }
}
