use std::ops::RangeInclusive;

use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, zego};
use serde_json::json;

use crate::{
    differential::{check_tencent, check_zego},
    halves,
    receivers::{self, LONE, NOW, now},
    reference::{sign_tencent, sign_zego},
};

/// Timestamps and nonces of any text, with valid signatures. A zero byte separates the timestamp
/// from the nonce.
pub(crate) fn timestamps_and_nonces(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let is_number = input.arbitrary()?;
    let near_now = NOW.saturating_add_signed(input.arbitrary::<i16>()?.into());
    let (seconds, random) = (input.int_in_range(TEN_DIGITS)?, input.arbitrary()?);
    for pair in OldPair::all(near_now, random) {
        pair.check_with_a_time_of_now();
    }
    for pair in OldPair::all(seconds, random) {
        pair.check_with_a_time_of_now();
        pair.assert_stale_however_divided();
    }
    let (timestamp, nonce) = halves(input.take_rest());
    let timestamp = match timestamp {
        [] => near_now.to_string(),
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
    check_zego(Delivery::new(body.as_bytes()));
}

/// Unix seconds that have as many digits as [`NOW`] and are stale.
const TEN_DIGITS: RangeInclusive<u64> = 1_000_000_000..=NOW - 301;

/// A timestamp and a nonce in ZEGO's format that were signed in the past, and whose digits end like
/// the current time. An attacker could divide them differently.
struct OldPair {
    digits: String,
    signature: String,
    time_of_now: String,
}

impl OldPair {
    /// All pairs for a time: the timestamp and the ending are in seconds or milliseconds.
    fn all(seconds: u64, random: u32) -> Vec<Self> {
        let milliseconds = seconds * 1000 + u64::from(random) % 1000;
        let pairs = [seconds, milliseconds].into_iter().flat_map(|timestamp| {
            [NOW, NOW * 1000 + 1].map(|now| {
                let nonce = seconds << 32 | u64::from(random);
                // This changes the time in its upper half by less than an hour.
                let nonce = nonce - nonce % 10_u64.pow(now.ilog10() + 1) + now;
                let (timestamp, nonce) = (timestamp.to_string(), nonce.to_string());
                Self {
                    signature: sign_zego("secret", &timestamp, &nonce),
                    digits: timestamp + &nonce,
                    time_of_now: now.to_string(),
                }
            })
        });
        pairs.collect()
    }

    /// Divides the digits into a nonce and the current time, and compares with the reference.
    fn check_with_a_time_of_now(&self) {
        let nonce = self
            .digits
            .strip_suffix(&self.time_of_now)
            .expect("the digits end like the current time");
        let body = self.body(&self.time_of_now, nonce);
        check_zego(Delivery::new(body.as_bytes()));
    }

    /// Divides the digits at every position, in both orders. The pair must remain stale.
    fn assert_stale_however_divided(&self) {
        let receiver = receivers::zego(&LONE);
        for (one, other) in (1..self.digits.len()).map(|at| self.digits.split_at(at)) {
            for (timestamp, nonce) in [(one, other), (other, one)] {
                let body = self.body(timestamp, nonce);
                let delivery = Delivery::new(body.as_bytes());
                let received = receiver.receive::<zego::Event>(delivery, now());
                assert!(received.is_err(), "{timestamp} with {nonce}");
            }
        }
    }

    fn body(&self, timestamp: &str, nonce: &str) -> String {
        let signature = &self.signature;
        let body = json!({
            "event": "x", "timestamp": timestamp, "nonce": nonce, "signature": signature,
        });
        body.to_string()
    }
}

fn of_tencent(request_time: &str) {
    let query: String = request_time.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let query = format!("Sign={}&RequestTime={query}", sign_tencent("secret", request_time));
    check_tencent(Delivery::new(b"{\"a\":1}").with_query(&query));
}
