//! Consumed bodies: other code in the server read the body before it could be verified. The refusal
//! says so, and does not blame the signature.

use std::time::{Duration, SystemTime};

use serde_json::json;

use room_hooks::{
    Delivery, Provider, Receiver, RoomCreated, Verified,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::Zego,
};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

fn status<P: Provider>(
    provider: P,
    query: &str,
    headers: &Vec<(String, String)>,
    body: &[u8],
) -> u16 {
    let delivery = Delivery::new(body).with_query(query).with_headers(headers);
    let received: Result<Verified<P::Event>, _> = Receiver::new(provider).receive(delivery, now());
    received.map_or_else(|not_delivered| not_delivered.status(), |_| 0)
}

#[test]
fn a_consumed_body_under_a_query_with_a_command_is_answered_500() {
    let tencent = Tencent::new(1, "token").unwrap();
    let destroyed = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let signed = tencent.sign(&destroyed, now()).unwrap();
    for body in [&b""[..], b" \n", b"\xef\xbb\xbf"] {
        assert_eq!(status(tencent.clone(), &signed.query, &Vec::new(), body), 500);
    }
    // The console's probe names no command.
    let probe = signed.query.split('&').filter(|pair| !pair.contains("Command"));
    let probe = probe.collect::<Vec<_>>().join("&");
    assert_eq!(status(tencent.clone(), &probe, &Vec::new(), b""), 200);
    // A forged query proves nothing about the body.
    let forged = signed.query.replace("Sign=", "Sign=0");
    assert_eq!(status(tencent, &forged, &Vec::new(), b""), 401);
    // An unsigned app's query is as authentic as its callbacks.
    let unsigned = Tencent::dangerous_unsigned(1);
    let query = "SdkAppid=1&CallbackCommand=x";
    assert_eq!(status(unsigned.clone(), query, &Vec::new(), b""), 500);
    assert_eq!(status(unsigned, "SdkAppid=1", &Vec::new(), b""), 200);
}

/// Neither provider sends an empty body, so other code may have consumed it.
#[test]
fn an_empty_zego_or_trtc_body_may_be_consumed_and_is_not_a_wrong_signature() {
    let zego = Zego::new(1, "secret").unwrap();
    let received = Receiver::new(zego).receive::<RoomCreated>(Delivery::new(b""), now());
    let refused = received.unwrap_err();
    assert_eq!(refused.status(), 400);
    assert!(refused.refusal().unwrap().to_string().contains("consumed"));

    let trtc = Trtc::new(1, "key").unwrap();
    let signed = trtc.sign(&json!({"EventType": 103}), now()).unwrap();
    let delivery = Delivery::new(b"").with_headers(&signed.headers);
    let refused = Receiver::new(trtc).receive::<trtc::Event>(delivery, now()).unwrap_err();
    assert_eq!(refused.status(), 400);
    assert!(refused.refusal().unwrap().to_string().contains("consumed"));
}

#[test]
fn a_refusal_names_two_byte_order_marks() {
    let tencent = Tencent::dangerous_unsigned(1);
    let body = "\u{feff}\u{feff}{}";
    let delivery = Delivery::new(body.as_bytes()).with_query("SdkAppid=1&CallbackCommand=x");
    let refused = Receiver::new(tencent).receive::<tencent::Event>(delivery, now()).unwrap_err();
    assert_eq!(refused.status(), 400);
    assert!(refused.refusal().unwrap().to_string().contains("byte order mark"));
}
