//! JSON in a string, and a callback of one product inside a callback of another.

use std::time::SystemTime;

use room_hooks::{
    Callback, Delivery, Receiver, Verified,
    tencent::{self, Tencent},
    zego::express::{self, Codec},
};
use serde_json::{Value, json};

/// JSON in a string stays text until it is parsed, so invalid JSON does no harm.
#[test]
fn json_in_a_stream_member_is_parsed_on_request() {
    let created = |attr: Value| -> express::StreamCreated {
        serde_json::from_value(json!({"room_id": "lobby", "stream_attr": attr})).unwrap()
    };
    let codec = |attr| created(attr).parse_stream_attr().map(|attr| attr.and_then(|a| a.codec));
    assert_eq!(codec(json!("{\"cid\":3}")).unwrap(), Some(Codec::H265));
    assert_eq!(codec(json!(" {\"cid\":\"1\",\"x\":\"\\ud83d\"}")).unwrap(), Some(Codec::H264Svc));
    assert_eq!(codec(json!("{\"cid\":9}")).unwrap(), Some(Codec::Unknown(9)));
    assert_eq!(codec(json!("{}")).unwrap(), None);
    for nothing in [json!(""), Value::Null] {
        assert_eq!(created(nothing).parse_stream_attr().unwrap(), None);
    }
    let deep = "[".repeat(100_000);
    for other in ["{", "[3]", "cid", "{\"cid\":\"x\"}", &deep] {
        assert!(codec(json!(other)).is_err(), "{other:.9}");
    }

    let closed = |data: &str| -> express::StreamClosed {
        serde_json::from_value(json!({"room_id": "lobby", "third_define_data": data})).unwrap()
    };
    let data = |text| closed(text).parse_third_define_data::<Value>();
    assert_eq!(data("{\"lang\":\"en\"}").unwrap(), Some(json!({"lang": "en"})));
    assert_eq!(data("").unwrap(), None);
    assert!(data("any text").is_err());
    assert_eq!(closed("any text").third_define_data.as_deref(), Some("any text"));
}

/// The object inside a command must be exactly one TRTC callback.
#[test]
fn an_unreadable_trtc_callback_inside_a_command_leaves_the_command_raw() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for callback in [
        "null",
        "7",
        "[]",
        "\"text\"",
        "{}",
        r#"{"EventType":{}}"#,
        r#"{"EventType":301,"EventType":302}"#,
        r#"{"EventType":301,"CallbackTs":"now"}"#,
        r#"{"EventType":301,"KitType":-1}"#,
        &deep,
    ] {
        let sent = format!(
            r#"{{"CallbackCommand":"Call.CallbackAfterRecordChanged","CallId":"c","Callback":{callback}}}"#
        );
        let event: tencent::Event = serde_json::from_str(&sent).unwrap();
        assert_eq!(event.kind(), "raw", "{callback:.40}");
    }
    // New event types and members do not prevent the command from being typed.
    let sent = r#"{"CallbackCommand":"Call.CallbackAfterRecordChanged","CallId":"c",
        "Callback":{"EventGroupId":3,"EventType":399,"EventInfo":{"RoomId":7},"New":1}}"#;
    let event: tencent::Event = serde_json::from_str(sent).unwrap();
    assert_eq!((event.kind(), event.room_id()), ("Call.CallbackAfterRecordChanged", Some("7")));
}

/// TRTC's sending time is not part of the event, even next to a command.
#[test]
fn a_resent_recording_of_a_broadcast_has_the_same_id() {
    let receiver = Receiver::new(Tencent::dangerous_unsigned(1));
    let id = |sent_at: u64, happened_at: u64| {
        let body = json!({"CallbackCommand": "Live.CallbackAfterCloudRecordingChanged",
            "EventGroupId": 3, "EventType": 301, "CallbackTs": sent_at,
            "EventInfo": {"RoomId": "lobby", "EventMsTs": happened_at}});
        let body = body.to_string();
        let delivery = Delivery::new(body.as_bytes()).with_query("SdkAppid=1");
        let verified: Verified<tencent::Event> =
            receiver.receive(delivery, SystemTime::UNIX_EPOCH).unwrap();
        verified.id().unwrap()
    };
    let first = id(1_757_500_000_091, 1_757_500_000_077);
    assert_eq!(id(1_757_500_009_091, 1_757_500_000_077), first);
    assert_ne!(id(1_757_500_000_091, 1_757_500_000_078), first);
}
