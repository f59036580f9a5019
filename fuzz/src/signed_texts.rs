use std::ops::RangeInclusive;

use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, zego};
use serde_json::json;

use crate::{
    differential::check,
    halves,
    receivers::{self, NOW, now},
    reference::{sign_tencent, sign_zego, verify_tencent, verify_zego},
};

/// Timestamps and nonces of any text, signed as they are: first the timestamp, after a zero the nonce.
pub(crate) fn timestamps_and_nonces(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let is_number = input.arbitrary()?;
    let near_now: i16 = input.arbitrary()?;
    divided_anew(input.int_in_range(SINCE_2015)?, input.arbitrary()?);
    let (timestamp, nonce) = halves(input.take_rest());
    let timestamp = match timestamp {
        [] => NOW.saturating_add_signed(near_now.into()).to_string(),
        text => String::from_utf8_lossy(text).into_owned(),
    };
    of_zego(&timestamp, &String::from_utf8_lossy(nonce), is_number);
    of_tencent(&timestamp);
    Ok(())
}

fn of_zego(timestamp: &str, nonce: &str, is_number: bool) {
    let signature = sign_zego("secret", timestamp, nonce);
    let written = if is_number { timestamp.to_owned() } else { json!(timestamp).to_string() };
    let body = format!(
        r#"{{"event":"x","timestamp":{written},"nonce":{},"signature":"{signature}"}}"#,
        json!(nonce),
    );
    let reference = verify_zego(body.as_bytes(), now());
    let delivery = Delivery::new("", &(), body.as_bytes());
    check(&receivers::zego(), delivery, now(), reference.as_ref());
}

/// When ZEGO can have signed what is stale now, in Unix seconds.
const SINCE_2015: RangeInclusive<u64> = 1_420_070_400..=NOW - 301;

/// The digits that ZEGO has signed, in seconds or milliseconds and with a nonce of its own form, are not
/// fresh again however they are divided.
fn divided_anew(seconds: u64, random: u32) {
    let receiver = receivers::zego();
    let nonce = seconds << 32 | u64::from(random);
    for timestamp in [seconds, seconds * 1000 + u64::from(random) % 1000] {
        let signature = sign_zego("secret", &timestamp.to_string(), &nonce.to_string());
        let digits = format!("{timestamp}{nonce}");
        for (one, other) in (1..digits.len()).map(|at| digits.split_at(at)) {
            for (timestamp, nonce) in [(one, other), (other, one)] {
                let body = json!({
                    "event": "x", "timestamp": timestamp, "nonce": nonce, "signature": signature,
                });
                let body = body.to_string();
                let delivery = Delivery::new("", &(), body.as_bytes());
                let received = receiver.receive::<zego::Event>(delivery, now());
                assert!(received.is_err(), "{timestamp} with {nonce}");
            }
        }
    }
}

fn of_tencent(request_time: &str) {
    let query: String = request_time.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let query = format!("Sign={}&RequestTime={query}", sign_tencent("secret", request_time));
    let reference = verify_tencent(&query, b"{\"a\":1}", now());
    let delivery = Delivery::new(&query, &(), b"{\"a\":1}");
    check(&receivers::tencent(), delivery, now(), reference.as_ref());
}
