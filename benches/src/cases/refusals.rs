//! The cost of refused deliveries compared with accepted ones.

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use room_hooks::{Provider, Receiver, testing::SignedDelivery};

use super::{
    Case, Contender, Subject, size, tencent_updated, trtc_entered, zego_created, zego_destroyed,
};

/// The cases: accepted deliveries first, then the kinds that must be refused.
///
/// # Errors
///
/// Fails if a delivery cannot be signed, or is not accepted or refused as expected.
pub fn refusals() -> Result<Vec<Case>, Box<dyn Error>> {
    Ok(vec![
        of("ZEGO `RoomCreated`", zego_created()?)?,
        of("Tencent `RoomInfoUpdated`", tencent_updated()?)?,
        of("TRTC `103`", trtc_entered()?)?,
        of("ZEGO `RoomDestroyed`, 10,000 members", zego_destroyed(10_000)?)?,
    ])
}

fn of<P: Provider>(name: &'static str, subject: Subject<P>) -> Result<Case, Box<dyn Error>> {
    let Subject { receiver, signed, .. } = subject;
    let now = SystemTime::now();
    let size = size(&signed);
    let contender = |name, signed: Vec<SignedDelivery>, now| {
        let receiver = receiver.clone();
        Contender::new(name, signed, move |signed| {
            receiver.receive::<P::Event>(signed.as_delivery(), now)
        })
    };
    if signed.iter().any(|signed| refuses(&receiver, signed, now)) {
        return Err("an authentic delivery is refused".into());
    }
    let mut contenders = vec![contender("accepted", signed.clone(), now)];
    let with_body = |signed: &SignedDelivery, body| {
        SignedDelivery::new(signed.query.clone(), signed.headers.clone(), body)
    };
    let forged = signed.iter().map(forged).collect();
    let oversized = vec![with_body(&signed[0], vec![b' '; 1024 * 1024 + 1])];
    let garbage = signed.iter().map(|signed| with_body(signed, garbage(size))).collect();
    let later = now + Duration::from_secs(3600);
    let mut bad =
        vec![("forged", forged, now), ("oversized", oversized, now), ("garbage", garbage, now)];
    // TRTC deliveries have no age limit by default.
    if P::NAME != "trtc" {
        bad.push(("stale", signed, later));
    }
    for (name, signed, now) in bad {
        if !signed.iter().all(|signed| refuses(&receiver, signed, now)) {
            return Err(format!("a delivery is not refused: {name}").into());
        }
        contenders.push(contender(name, signed, now));
    }
    Ok(Case { name, size, contenders })
}

fn refuses<P: Provider>(receiver: &Receiver<P>, signed: &SignedDelivery, now: SystemTime) -> bool {
    let received = receiver.receive::<P::Event>(signed.as_delivery(), now);
    received.is_err_and(|not_delivered| not_delivered.refusal().is_some())
}

/// The same delivery with another signature of the same form, in any provider's place.
fn forged(signed: &SignedDelivery) -> SignedDelivery {
    let mut forged = signed.clone();
    forged.query = other_digits(&forged.query, "Sign=");
    for (_, value) in forged.headers.iter_mut().filter(|(name, _)| name == "Sign") {
        *value = other_digits(value, "");
    }
    let body = String::from_utf8_lossy(&forged.body);
    forged.body = other_digits(&body, r#""signature":""#).into_bytes();
    forged
}

/// Replaces the two digits after a marker.
fn other_digits(text: &str, marker: &str) -> String {
    let Some(at) = text.find(marker).map(|at| at + marker.len()) else { return text.to_owned() };
    let digits = if text[at..].starts_with("00") { "11" } else { "00" };
    text.get(at + 2..).map_or_else(|| text.to_owned(), |rest| [&text[..at], digits, rest].concat())
}

/// Arbitrary bytes, always the same.
fn garbage(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
