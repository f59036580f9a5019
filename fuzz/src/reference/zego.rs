use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha1::{Digest, Sha1};

use super::{
    Authentic, Expected,
    form::{self, decoded},
    is_fresh,
    json::{Members, text_of},
    number, signer,
};
use crate::receivers::Apps;

const TOLERANCE: Duration = Duration::from_secs(300);

/// The members that determine a callback's sender and event, in any spelling.
const SPELLED: [&str; 6] = ["appid", "event", "eventtype", "timestamp", "nonce", "signature"];

/// The members that distinguish events of different products.
const ONCE: [&str; 10] = [
    "room_id",
    "group_id",
    "room_session_id",
    "room_create_time",
    "id_name",
    "task_id",
    "TaskId",
    "PlayerId",
    "UploadTaskId",
    "AgentInstanceId",
];

/// The hex SHA-1 digest of the three parts, sorted and joined.
pub(crate) fn sign(secret: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [secret, timestamp, nonce];
    parts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(parts.concat()))
}

pub(crate) fn verify(apps: &Apps, body: &[u8], now: SystemTime) -> Option<Authentic> {
    let members = Members::read(&json(text_of(body)?)?)?;
    for name in ONCE {
        members.once(name)?;
    }
    let members = members.repaired();
    let spelled = members.clone().renamed(in_one_spelling);
    for name in SPELLED {
        spelled.once(name)?;
    }
    let name = match spelled.string("event")? {
        Some(name) => name,
        None => numbered(&members, &spelled.text("eventtype")??)?,
    };
    let (timestamp, nonce) = (spelled.text("timestamp")??, spelled.text("nonce")??);
    let signature = HEXLOWER_PERMISSIVE.decode(spelled.text("signature")??.as_bytes()).ok()?;
    if nonce.is_empty() || nonce.len() > 64 || !nonce.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let sent_at = sent_at(&timestamp)?;
    let app_id = signer(apps, spelled.text("appid")?.as_deref(), |secret| {
        sign(secret, &timestamp, &nonce) == HEXLOWER.encode(&signature)
    })?;
    let is_fresh = |sent_at| is_fresh(sent_at, now, TOLERANCE);
    let asks = name.starts_with("before_");
    let outcome = Expected::Callback { name, document: members, asks };
    let is_old = |time| time < sent_at && !is_fresh(time);
    (is_fresh(sent_at) && !earlier(&timestamp, &nonce).is_some_and(is_old))
        .then_some(Authentic { app_id, outcome })
}

/// Normalizes the spelling of a known name. No product spells one with more than 20 bytes.
fn in_one_spelling(name: String) -> String {
    let letters = name.replace('_', "").to_ascii_lowercase();
    let is_known = SPELLED.contains(&&*letters) && name.len() <= 20;
    if is_known { letters } else { format!("other {name}") }
}

/// The name of an event that is identified only by a number.
fn numbered(members: &Members, number: &str) -> Option<String> {
    let has = |name| members.once(name).flatten().is_some();
    let product = match () {
        () if has("PlayerId") || has("UploadTaskId") => "cloud_player",
        () if has("TaskId") => "digital_human",
        () if has("task_id") => "cloud_recording",
        () => "event_type",
    };
    Some(format!("{product}/{}", number.parse::<u64>().ok()?))
}

/// Parses a timestamp: in seconds, or in milliseconds if it has twelve digits or more.
fn sent_at(timestamp: &str) -> Option<SystemTime> {
    let number = number(timestamp)?;
    let since_epoch = match timestamp.len() {
        ..12 => Duration::from_secs(number),
        _ => Duration::from_millis(number),
    };
    UNIX_EPOCH.checked_add(since_epoch)
}

/// The time at which ZEGO signed these digits, if they are a timestamp and a nonce from ZEGO that
/// were divided differently. The upper 32 bits of such a nonce are the Unix second of its creation.
fn earlier(timestamp: &str, nonce: &str) -> Option<SystemTime> {
    const DAY: u64 = 86_400;
    let digits = nonce.to_owned() + timestamp;
    let seconds = (0..digits.len()).map(|at| digits.split_at(at)).find_map(|(time, nonce)| {
        let seconds = match time.len() {
            10 => number(time)?,
            13 => number(time)? / 1000,
            _ => return None,
        };
        let made_in = number(nonce)? >> 32;
        (seconds <= made_in + DAY && made_in <= seconds + DAY).then_some(seconds)
    })?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Decodes a body to JSON from any of the three encodings.
fn json(text: &str) -> Option<String> {
    if text.starts_with('{') {
        return Some(text.to_owned());
    }
    if text.to_lowercase().starts_with("%7b") {
        let text = text.strip_suffix('=').unwrap_or(text);
        return if text.contains(':') { decoded(text, "+") } else { decoded(text, " ") };
    }
    form::read(text).map(|object| object.to_string())
}
