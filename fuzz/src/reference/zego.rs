use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

use super::{
    Authentic, is_fresh,
    json::{Members, text_of},
    number, signer,
};

const TOLERANCE: Duration = Duration::from_secs(300);

/// The members that decide who sent a callback and which event it is.
const ONCE: [&str; 10] = [
    "appid",
    "event",
    "timestamp",
    "nonce",
    "signature",
    "room_id",
    "group_id",
    "room_session_id",
    "room_create_time",
    "id_name",
];

/// The hex of the SHA-1 of the three parts, sorted and joined.
pub(crate) fn sign(secret: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [secret, timestamp, nonce];
    parts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(parts.concat()))
}

pub(crate) fn verify(body: &[u8], now: SystemTime) -> Option<Authentic> {
    let members = Members::read(json(body)?.as_bytes())?;
    for name in ONCE {
        members.once(name)?;
    }
    let event = members.string("event")??;
    let (timestamp, nonce) = (members.text("timestamp")??, members.text("nonce")??);
    let signature = HEXLOWER_PERMISSIVE.decode(members.text("signature")??.as_bytes()).ok()?;
    if nonce.is_empty() || nonce.len() > 64 || !nonce.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let sent_at = sent_at(&timestamp)?;
    let app_id = signer(members.text("appid")?.as_deref(), |secret| {
        sign(secret, &timestamp, &nonce) == HEXLOWER.encode(&signature)
    })?;
    let is_fresh = |sent_at| is_fresh(sent_at, now, TOLERANCE);
    let earlier = divided(&nonce).filter(|earlier| *earlier < sent_at);
    (is_fresh(sent_at) && earlier.is_none_or(is_fresh))
        .then_some(Authentic { app_id, event: Some(event) })
}

/// Seconds, or from twelve digits on milliseconds.
fn sent_at(timestamp: &str) -> Option<SystemTime> {
    let number = number(timestamp)?;
    let since_epoch = match timestamp.len() {
        ..12 => Duration::from_secs(number),
        _ => Duration::from_millis(number),
    };
    UNIX_EPOCH.checked_add(since_epoch)
}

/// The earlier time that a nonce could have been divided from, with the length which that gives.
fn divided(nonce: &str) -> Option<SystemTime> {
    let is_possible = [16, 19, 22].contains(&nonce.len());
    let seconds = number(nonce.get(..10)?).filter(|_| is_possible)?;
    // The beginning of 2015.
    (seconds >= 1_420_070_400).then(|| UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The body's JSON, whichever of the three encodings it has.
fn json(body: &[u8]) -> Option<String> {
    let text = text_of(body)?;
    if text.starts_with('{') {
        return Some(text.to_owned());
    }
    if text.to_lowercase().starts_with("%7b") {
        let text = text.strip_suffix('=').unwrap_or(text);
        return if text.contains(':') { decoded(text, "+") } else { decoded(text, " ") };
    }
    let mut members = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name, " ")?, decoded(value, " ")?);
        match list(&name) {
            None => {
                if members.insert(name, value.into()).is_some() {
                    return None;
                }
            }
            Some(list) => {
                let list = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut()?.push(value.into());
            }
        }
    }
    members.contains_key("event").then(|| Value::Object(members).to_string())
}

/// What is percent-encoded, with what a plus sign stands for.
fn decoded(text: &str, plus: &str) -> Option<String> {
    let text = text.replace('+', plus);
    Some(percent_decode(text.as_bytes()).decode_utf8().ok()?.into_owned())
}

/// The name of a list, as in `name[]` and `name[0]`.
fn list(name: &str) -> Option<&str> {
    let at = name.rfind('[')?;
    let index = name[at + 1..].strip_suffix(']')?;
    index.chars().all(|digit| digit.is_ascii_digit()).then(|| &name[..at])
}
