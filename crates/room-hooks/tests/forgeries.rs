//! Forgeries, one technique per test. Where a technique alters signed text, the test signs the
//! result, so that only the technique itself can cause the refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use room_hooks::{
    Callback, Delivery, Provider, Receiver, Verified,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::{self, Zego},
};

const SECRET: &str = "a secret";
const TIME: u64 = 1_757_500_000;
const NONCE: &str = "350176";

/// Characters that look like the digit 1 to a reader or a lenient parser.
const LOOK_ALIKE_ONES: [&str; 6] = ["١", "۱", "１", "𝟏", "①", "¹"];

fn received<P: Provider>(
    provider: P,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    now: SystemTime,
) -> Result<Verified<P::Event>, u16> {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let received = Receiver::new(provider)
        .receive(Delivery::new(body).with_query(query).with_headers(&headers), now);
    received.map_err(|not_delivered| not_delivered.status())
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A ZEGO callback whose signing members are written as given.
fn of_zego(
    app_id: &str,
    timestamp: &str,
    nonce: &str,
    signature: &str,
) -> Result<Verified<zego::Event>, u16> {
    let body = format!(
        r#"{{"appid":{app_id},"event":"room_create","room_id":"r","timestamp":{timestamp},
            "nonce":{nonce},"signature":{signature}}}"#
    );
    received(Zego::new(1, SECRET).unwrap(), "", &[], body.as_bytes(), at(TIME))
}

/// A ZEGO callback with a valid signature of the given text.
fn signed_by_zego(timestamp: &str, nonce: &str) -> Result<Verified<zego::Event>, u16> {
    let signature = zego_signature(timestamp.as_bytes(), nonce.as_bytes());
    let quoted = |text: &str| json!(text).to_string();
    of_zego("1", &quoted(timestamp), &quoted(nonce), &quoted(&signature))
}

fn zego_signature(timestamp: &[u8], nonce: &[u8]) -> String {
    let mut parts = [SECRET.as_bytes(), timestamp, nonce];
    parts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(parts.concat()))
}

/// A Tencent callback whose parameters are written as given.
fn of_tencent(
    app_id: &str,
    request_time: &str,
    sign: &str,
) -> Result<Verified<tencent::Event>, u16> {
    let query = format!("SdkAppid={app_id}&RequestTime={request_time}&Sign={sign}");
    let body = br#"{"CallbackCommand":"Room.CallbackAfterCreateRoom","RoomId":"r"}"#;
    received(Tencent::new(1, SECRET).unwrap(), &query, &[], body, at(TIME))
}

/// A Tencent callback with a valid signature of the given text, which is percent-encoded.
fn signed_by_tencent(request_time: &[u8]) -> Result<Verified<tencent::Event>, u16> {
    let encoded: String = request_time.iter().map(|byte| format!("%{byte:02x}")).collect();
    of_tencent("1", &encoded, &tencent_sign(request_time))
}

fn tencent_sign(request_time: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest([SECRET.as_bytes(), request_time].concat()))
}

/// A TRTC callback.
fn of_trtc(app_id: &str, sign: &str, body: &[u8]) -> Result<Verified<trtc::Event>, u16> {
    let headers = [("SdkAppId", app_id), ("Sign", sign)];
    received(Trtc::new(1, SECRET).unwrap(), "", &headers, body, at(TIME))
}

fn signed_by_trtc(body: &str) -> Result<Verified<trtc::Event>, u16> {
    of_trtc("1", &trtc_sign(body.as_bytes()), body.as_bytes())
}

fn trtc_sign(body: &[u8]) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    BASE64.encode(&hmac.chain_update(body).finalize().into_bytes())
}

/// The padding of a message of `length` bytes. An attacker who knows a digest and this length can
/// extend the message without the secret in it.
fn padding(length: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    padding.resize(1 + (119 - length % 64) % 64, 0);
    padding.extend((length as u64 * 8).to_be_bytes());
    padding
}

#[test]
fn the_valid_callbacks_that_the_forgeries_alter_are_accepted() {
    assert!(signed_by_zego("1757500000", NONCE).is_ok());
    assert!(signed_by_tencent(b"1757500000").is_ok());
    assert!(signed_by_trtc(r#"{"EventType":103,"EventInfo":{"RoomId":"r"}}"#).is_ok());
}

#[test]
fn a_length_extension_of_a_signature_is_refused() {
    // ZEGO's secret sorts last here, so the extension goes to the nonce. A secret that sorts first
    // would be extended at the other end.
    let signed = [b"1757500000350176", SECRET.as_bytes()].concat();
    let nonce = [NONCE.as_bytes(), &padding(signed.len()), b"1"].concat();
    let signature = zego_signature(b"1757500000", &nonce);
    // JSON cannot contain these bytes, only similar escapes. A form can.
    let latin: String = nonce.iter().map(|byte| char::from(*byte)).collect();
    let quoted = |text: &str| json!(text).to_string();
    assert_eq!(of_zego("1", "1757500000", &quoted(&latin), &quoted(&signature)).err(), Some(400));
    assert_eq!(signed_by_zego("1757500000", &latin).err(), Some(400));
    let encoded: String = nonce.iter().map(|byte| format!("%{byte:02x}")).collect();
    let form = format!("event=x&timestamp=1757500000&nonce={encoded}&signature={signature}");
    let of_form = received(Zego::new(1, SECRET).unwrap(), "", &[], form.as_bytes(), at(TIME));
    assert_eq!(of_form.err(), Some(400));

    let signed = SECRET.len() + "1757500000".len();
    let extended = [b"1757500000", &*padding(signed), b"0"].concat();
    assert_eq!(signed_by_tencent(&extended).err(), Some(400));

    // This does not extend an HMAC: the result is the digest of another message.
    let body = br#"{"EventType":103,"EventInfo":{"RoomId":"r"}}"#;
    let extended = [&body[..], &padding(64 + body.len()), b" "].concat();
    let digest = Sha256::digest([SECRET.as_bytes(), &extended].concat());
    for sign in [trtc_sign(body), BASE64.encode(&digest)] {
        assert_eq!(of_trtc("1", &sign, &extended).err(), Some(401));
    }
}

#[test]
fn a_signature_with_digits_moved_between_timestamp_and_nonce_is_refused() {
    // An old signature, with a nonce in ZEGO's form.
    let (timestamp, nonce) = ("1726000000", "7413113551785575617");
    let signature = json!(zego_signature(timestamp.as_bytes(), nonce.as_bytes())).to_string();
    let digits = format!("{timestamp}{nonce}");
    for at in 1..digits.len() {
        let (one, other) = digits.split_at(at);
        for (timestamp, nonce) in [(one, other), (other, one)] {
            let (timestamp, nonce) = (json!(timestamp).to_string(), json!(nonce).to_string());
            assert!(of_zego("1", &timestamp, &nonce, &signature).is_err(), "{timestamp} {nonce}");
        }
    }
    // The last ten digits become a fresh timestamp under the old signature. The nonce then begins
    // with the old time.
    let now = "1785575617";
    let (old, fresh) = digits.split_at(digits.len() - now.len());
    let body =
        format!(r#"{{"event":"x","timestamp":"{fresh}","nonce":"{old}","signature":{signature}}}"#);
    let zego = || Zego::new(1, SECRET).unwrap();
    let then = at(fresh.parse().unwrap());
    assert_eq!(received(zego(), "", &[], body.as_bytes(), then).err(), Some(401));

    // Tencent: a digit at the end of one token may belong to the time under another token.
    let sign = HEXLOWER.encode(&Sha256::digest(format!("{SECRET}11757500000")));
    assert_eq!(of_tencent("1", "1757500000", &sign).err(), Some(401));
    assert_eq!(of_tencent("1", "11757500000", &sign).err(), Some(401));
}

/// ZEGO's own nonces contain the time. Other nonces follow no known rule and may begin like any
/// time.
#[test]
fn an_honest_nonce_that_begins_like_an_earlier_time_is_not_refused() {
    for nonce in ["1700000000123456789", "1500000000123456", "1600000000123456789012"] {
        for timestamp in ["1757500000", "1757500000123"] {
            let signature = zego_signature(timestamp.as_bytes(), nonce.as_bytes());
            let (timestamp, nonce) = (json!(timestamp).to_string(), json!(nonce).to_string());
            let received = of_zego("1", &timestamp, &nonce, &json!(signature).to_string());
            assert!(received.is_ok(), "{nonce} {timestamp}");
        }
    }
}

#[test]
fn a_repeated_member_or_parameter_is_refused() {
    let zego = || Zego::new(1, SECRET).unwrap();
    let signature = zego_signature(b"1757500000", NONCE.as_bytes());
    let honest = format!(
        r#""appid":1,"event":"x","timestamp":1757500000,"nonce":"{NONCE}","signature":"{signature}""#
    );
    for member in [
        r#""appid":1"#,
        r#""appid":null"#,
        r#""event":"y""#,
        r#""timestamp":1757500000"#,
        r#""nonce":"1""#,
        r#""signature":"""#,
        r#""\u0073ignature":"""#,
    ] {
        for body in [format!("{{{member},{honest}}}"), format!("{{{honest},{member}}}")] {
            let received = received(zego(), "", &[], body.as_bytes(), at(TIME));
            assert_eq!(received.err(), Some(400), "{body}");
        }
    }
    let form = format!("event=x&timestamp=1757500000&nonce={NONCE}&signature={signature}");
    for pair in ["event=y", "%65vent=x", "nonce[]=1", "timestamp="] {
        let body = format!("{form}&{pair}");
        let received = received(zego(), "", &[], body.as_bytes(), at(TIME));
        assert_eq!(received.err(), Some(400), "{body}");
    }

    let sign = tencent_sign(b"1757500000");
    for again in
        ["Sign=", "sign=1", "%53ign=1", "RequestTime=1757500000", "SdkAppid=1", "sdkappid="]
    {
        let sign = format!("{sign}&{again}");
        assert_eq!(of_tencent("1", "1757500000", &sign).err(), Some(400), "{again}");
    }
    for member in
        ["\"EventType\":103", "\"EventInfo\":{}", "\"CallbackTs\":1", "\"EventGroupId\":1"]
    {
        let body = format!(
            r#"{{"EventGroupId":1,"EventType":103,"CallbackTs":1,"EventInfo":{{}},{member}}}"#
        );
        assert_eq!(signed_by_trtc(&body).err(), Some(400), "{member}");
    }
}

#[test]
fn only_hexadecimal_signatures_are_case_insensitive() {
    let signature = zego_signature(b"1757500000", NONCE.as_bytes());
    let (nonce, quoted) = (json!(NONCE).to_string(), |text: &str| json!(text).to_string());
    let of_zego = |signature: &str| of_zego("1", "1757500000", &nonce, &quoted(signature));
    let mixed = signature[..20].to_uppercase() + &signature[20..];
    for signature in [&signature, &signature.to_uppercase(), &mixed] {
        assert!(of_zego(signature).is_ok());
    }
    // A nonce is signed text, so its case matters.
    assert!(signed_by_zego("1757500000", "aB").is_ok());
    let signature = zego_signature(b"1757500000", b"aB");
    let lower = self::of_zego("1", "1757500000", "\"ab\"", &quoted(&signature));
    assert_eq!(lower.err(), Some(401));

    let sign = tencent_sign(b"1757500000");
    assert!(of_tencent("1", "1757500000", &sign.to_uppercase()).is_ok());
    let body = r#"{"EventType":103,"EventInfo":{"RoomId":"r"}}"#;
    let sign = trtc_sign(body.as_bytes());
    for sign in [sign.to_uppercase(), sign.to_lowercase()] {
        assert_eq!(of_trtc("1", &sign, body.as_bytes()).err(), Some(401));
    }
    // The case of member names matters as well.
    let body = body.replace("EventType", "eventType");
    assert_eq!(signed_by_trtc(&body).err(), Some(400));
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let nonce = json!(NONCE).to_string();
    let signature = zego_signature(b"1757500000", NONCE.as_bytes());
    let sha256 =
        HEXLOWER.encode(&Sha256::digest([b"1757500000350176", SECRET.as_bytes()].concat()));
    let base64 = BASE64.encode(&HEXLOWER.decode(signature.as_bytes()).unwrap());
    for wrong in
        ["", &signature[..38], &signature[..39], &format!("{signature}00"), &sha256, &base64]
    {
        let wrong = json!(wrong).to_string();
        assert_eq!(of_zego("1", "1757500000", &nonce, &wrong).err(), Some(401), "{wrong}");
    }
    let sign = tencent_sign(b"1757500000");
    for wrong in
        [&sign[..62], &sign[..63], &format!("{sign}0"), &format!("{sign}00"), &"0".repeat(64)]
    {
        assert_eq!(of_tencent("1", "1757500000", wrong).err(), Some(401), "{wrong}");
    }
    let body = br#"{"EventType":103}"#;
    let sign = trtc_sign(body);
    let hex = HEXLOWER.encode(&BASE64.decode(sign.as_bytes()).unwrap());
    for wrong in [&sign[..40], &sign[..43], &format!("{sign}AAAA"), &format!("{sign}="), &hex] {
        assert_eq!(of_trtc("1", wrong, body).err(), Some(401), "{wrong}");
    }
}

#[test]
fn a_unicode_lookalike_is_not_read_as_a_digit() {
    let signature = json!(zego_signature(b"1757500000", NONCE.as_bytes())).to_string();
    let nonce = json!(NONCE).to_string();
    for one in LOOK_ALIKE_ONES {
        let time = format!("{one}757500000");
        assert_eq!(signed_by_zego(&time, NONCE).err(), Some(400), "{one}");
        assert_eq!(signed_by_zego("1757500000", &format!("350{one}76")).err(), Some(400), "{one}");
        let app_id = json!(one).to_string();
        assert_eq!(of_zego(&app_id, "1757500000", &nonce, &signature).err(), Some(401), "{one}");
        let looks_right = json!(format!("{one}{}", &signature[2..41])).to_string();
        assert_eq!(of_zego("1", "1757500000", &nonce, &looks_right).err(), Some(401), "{one}");

        assert_eq!(signed_by_tencent(time.as_bytes()).err(), Some(400), "{one}");
        let sign = tencent_sign(b"1757500000");
        assert_eq!(of_tencent(one, "1757500000", &sign).err(), Some(401), "{one}");

        let body = br#"{"EventType":103}"#;
        assert_eq!(of_trtc(one, &trtc_sign(body), body).err(), Some(401), "{one}");
        let event = signed_by_trtc(&format!(r#"{{"EventType":"{one}03","EventInfo":{{}}}}"#));
        assert_eq!(event.unwrap().event.kind(), "raw", "{one}");
    }
}

#[test]
fn very_long_numbers_are_not_read_as_numbers() {
    for length in [30, 1_000, 100_000] {
        let digits = "1".repeat(length);
        let signature = json!(zego_signature(digits.as_bytes(), NONCE.as_bytes())).to_string();
        for timestamp in [&digits, &json!(digits).to_string()] {
            let received = of_zego("1", timestamp, &json!(NONCE).to_string(), &signature);
            assert_eq!(received.err(), Some(400), "{length}");
        }
        assert_eq!(signed_by_zego("1757500000", &digits).is_ok(), length <= 64);
        let zeros = format!("{}1757500000", "0".repeat(length));
        assert_eq!(signed_by_zego(&zeros, NONCE).err(), Some(400), "{length}");
        assert_eq!(of_zego(&digits, "1", "1", "\"\"").err(), Some(401), "{length}");

        assert_eq!(signed_by_tencent(digits.as_bytes()).err(), Some(400), "{length}");
        let sign = tencent_sign(b"1757500000");
        assert_eq!(of_tencent(&digits, "1757500000", &sign).err(), Some(401), "{length}");

        let body = format!(r#"{{"EventType":{digits},"CallbackTs":{digits},"EventInfo":{{}}}}"#);
        let verified = signed_by_trtc(&body).unwrap();
        assert_eq!((verified.event.name(), verified.sent_at), (&*digits, None));
        assert_eq!(of_trtc(&digits, &trtc_sign(b"{}"), b"{}").err(), Some(401), "{length}");
    }
}

#[test]
fn deeply_nested_json_in_any_member_causes_no_stack_overflow() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let open = r#"{"a":"#.repeat(100_000);
    let nonce = json!(NONCE).to_string();
    // In the signing members, which are read before anything is verified.
    assert_eq!(of_zego(&deep, "1757500000", &nonce, "\"\"").err(), Some(400));
    assert_eq!(of_zego("1", &deep, &nonce, "\"\"").err(), Some(400));
    let signature = json!(zego_signature(b"1757500000", NONCE.as_bytes())).to_string();
    // In a member that no event has, and in a member that the event reads.
    let unknown = format!(r#""room_id":"r","x":{deep}"#);
    let known = format!(r#""room_id":{deep}"#);
    for (members, kind) in [(unknown, "room_create"), (known, "raw")] {
        let signing = format!(r#""timestamp":1757500000,"nonce":{nonce},"signature":{signature}"#);
        let body = format!(r#"{{"event":"room_create",{members},{signing}}}"#);
        let zego = Zego::new(1, SECRET).unwrap();
        let verified = received(zego, "", &[], body.as_bytes(), at(TIME)).unwrap();
        assert_eq!(verified.event.kind(), kind);
        let _ = verified.id();
    }
    let sign = tencent_sign(b"1757500000");
    let query = format!("Sign={sign}&RequestTime=1757500000");
    for (body, status) in [(format!(r#"{{"a":{deep}}}"#), None), (open.clone(), Some(400))] {
        let tencent = Tencent::new(1, SECRET).unwrap();
        let received = received(tencent, &query, &[], body.as_bytes(), at(TIME));
        assert_eq!(received.err(), status);
    }
    let inside = signed_by_trtc(&format!(r#"{{"EventType":103,"EventInfo":{deep}}}"#));
    assert_eq!(inside.unwrap().event.kind(), "raw");
    assert_eq!(signed_by_trtc(&open).err(), Some(400));
}

#[test]
fn numbers_beyond_u64_do_not_overflow() {
    // The last two are 2^64 plus the current time, in seconds and in milliseconds.
    let beyond = ["18446744073709551616", "18446744075467051616", "18446745831209551616"];
    let within = ["9223372036854775807", "9223372036854775808", "18446744073709551615"];
    let (nonce, sign) = (json!(NONCE).to_string(), tencent_sign(b"1757500000"));
    let signature = json!(zego_signature(b"1757500000", NONCE.as_bytes())).to_string();
    for number in beyond.iter().chain(&within) {
        assert!(matches!(signed_by_zego(number, NONCE), Err(400 | 401)), "{number}");
        assert!(matches!(signed_by_tencent(number.as_bytes()), Err(400 | 401)), "{number}");
        assert_eq!(of_zego(number, "1757500000", &nonce, &signature).err(), Some(401), "{number}");
        assert_eq!(of_tencent(number, "1757500000", &sign).err(), Some(401), "{number}");
        assert_eq!(of_trtc(number, &trtc_sign(b"{}"), b"{}").err(), Some(401), "{number}");
        // A signed number that is too large is kept as text, and does not name another room.
        let room = signed_by_trtc(&format!(
            r#"{{"EventType":103,"CallbackTs":{number},"EventInfo":{{"RoomId":{number},"EventMsTs":{number}}}}}"#
        ));
        let event = room.unwrap().into_inner();
        assert!(event.room_id().is_none_or(|id| id == *number), "{number}: {event:?}");
    }
    let greatest = Zego::new(u64::MAX, SECRET).unwrap();
    for (app_id, is_it) in [(within[2], true), (beyond[0], false), ("-1", false)] {
        let body = format!(
            r#"{{"appid":{app_id},"event":"x","timestamp":1757500000,"nonce":{nonce},"signature":{signature}}}"#
        );
        let received = received(greatest.clone(), "", &[], body.as_bytes(), at(TIME));
        assert_eq!(received.is_ok(), is_it, "{app_id}");
    }
}
