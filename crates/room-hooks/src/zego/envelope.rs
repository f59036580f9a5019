//! The envelope of a callback: the claimed sender, the time and the event's name.

use std::{borrow::Cow, time::SystemTime};

use crate::{
    Document, Refusal,
    event::{
        document::{MALFORMED, string},
        lenient::Lenient,
        spelling::position,
        unix_time::{LEAST_MILLIS, at_millis, at_seconds},
    },
    verify::{digest::from_hex, freshness::canonical},
};

/// The fields of an envelope. The first six identify the sender and the event; each product spells
/// them its own way. The others distinguish products.
pub(crate) const MEMBERS: [&str; 16] = [
    "appid",
    "event",
    "eventtype",
    "timestamp",
    "nonce",
    "signature",
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

/// The number of fields that identify the sender and the event.
pub(super) const DECIDING: usize = 6;

/// The index of the identifying field with this name.
pub(super) fn deciding(name: impl Iterator<Item = u8> + Clone) -> Option<usize> {
    position(name, &MEMBERS[..DECIDING])
}

fn index(name: &str) -> Option<usize> {
    let telling = || MEMBERS[DECIDING..].iter().position(|known| *known == name);
    deciding(name.bytes()).or_else(|| Some(DECIDING + telling()?))
}

/// The fields that identify a callback's sender, not verified yet.
pub(super) struct Credentials<'a> {
    pub(super) app_id: Option<Cow<'a, str>>,
    pub(super) timestamp: Option<Cow<'a, str>>,
    pub(super) nonce: Option<Cow<'a, str>>,
    pub(super) signature: Option<Cow<'a, str>>,
}

/// The top-level fields that identify a callback's sender and event.
pub(super) struct Envelope<'a> {
    pub(super) credentials: Credentials<'a>,
    pub(super) event: EventName<'a>,
    /// Whether the event is from Express and not from ZIM: both have a `room_create`.
    pub(super) is_express: bool,
    /// Whether the event is about a room and not about a group.
    pub(super) has_room: bool,
    /// Whether the event is about an instance of an AI agent.
    pub(super) is_ai_agent: bool,
}

/// The event's name in the envelope.
pub(super) enum EventName<'a> {
    /// A JSON string of any length, so it is not decoded before the sender is known.
    Name(&'a str),
    /// The product and its number for the event.
    Number(&'static str, u64),
}

/// A signature and the parts that it signs, parsed from their canonical form.
pub(super) struct ParsedSignature<'a> {
    pub(super) timestamp: &'a str,
    pub(super) nonce: &'a str,
    pub(super) sent_at: SystemTime,
    pub(super) signature: [u8; 20],
}

impl ParsedSignature<'_> {
    /// Whether no two honest deliveries share this signature. A short nonce can repeat within one
    /// second, so the nonce must have 16 characters in addition to a time in seconds. The total
    /// length is measured, so that it does not matter how the digits are divided.
    pub(super) fn is_unique(&self) -> bool {
        self.timestamp.len() + self.nonce.len() >= 26
    }

    /// The time of the old pair that the signed digits come from, if an attacker divided them
    /// differently.
    ///
    /// ZEGO signs the timestamp and the nonce joined without a separator. An attacker can therefore
    /// divide an old pair's digits differently: into a nonce that begins with the old timestamp,
    /// and a timestamp of today. The signature still matches. ZEGO's own nonces expose this,
    /// because their 19 digits are `seconds << 32 | random`: if a nonce begins with a time in the
    /// past, and the digits that follow are a nonce of that time, they come from an old pair. Nonces
    /// of another form, such as the six digits of some products, expose nothing.
    pub(super) fn earlier(&self) -> Option<SystemTime> {
        /// The maximum difference between the times in the timestamp and the nonce, in seconds.
        const APART: u64 = 24 * 60 * 60;
        // A timestamp is in seconds or in milliseconds.
        [(10, 1), (13, 1000)].into_iter().find_map(|(length, in_a_second)| {
            let (time, rest) = self.nonce.split_at_checked(length)?;
            let seconds = canonical(time)? / in_a_second;
            let time = at_seconds(seconds).filter(|time| *time < self.sent_at)?;
            let of_nonce = canonical(&format!("{rest}{}", self.timestamp))? >> 32;
            (of_nonce.abs_diff(seconds) <= APART).then_some(time)
        })
    }
}

impl<'a> Envelope<'a> {
    pub(super) fn read(document: &'a Document) -> Result<Self, Refusal> {
        let [app_id, event, event_type, timestamp, nonce, signature, telling @ ..] =
            document.members_by::<{ MEMBERS.len() }>(index)?;
        let [room, group, session, created, named, recording_task, task, player, upload, agent] =
            telling;
        // Cloud player and digital human both have a `TaskId`, and their event numbers overlap.
        let product = if player.or(upload).is_some() {
            "cloud_player"
        } else if task.is_some() {
            "digital_human"
        } else if recording_task.is_some() {
            "cloud_recording"
        } else {
            "event_type"
        };
        let number = || number(event_type?).map(|number| EventName::Number(product, number));
        let event = match event {
            Some(event) => event.starts_with('"').then_some(EventName::Name(event)),
            None => number(),
        };
        let event = event.ok_or(Refusal::Malformed { what: "the body names no event" })?;
        let signed = |member: Option<&'a str>| member.map(signed_text).transpose();
        Ok(Self {
            credentials: Credentials {
                app_id: signed(app_id)?,
                timestamp: signed(timestamp)?,
                nonce: signed(nonce)?,
                signature: signed(signature)?,
            },
            event,
            is_express: [session, created, named].iter().any(Option::is_some),
            has_room: room.is_some() && group.is_none(),
            // Speech recognition has the same events, but with a task.
            is_ai_agent: agent.is_some() && task.is_none(),
        })
    }
}

/// A number, or its digits in a string.
fn number(json: &str) -> Option<u64> {
    u64::read(&mut serde_json::Deserializer::from_str(json)).ok().flatten()
}

/// The text that is signed: of a string, its content; of a number, its digits as they arrived.
fn signed_text(json: &str) -> Result<Cow<'_, str>, Refusal> {
    /// More than the longest nonce needs if every character is escaped.
    const MOST: usize = 400;
    match json.as_bytes() {
        text if text.len() > MOST && text.contains(&b'\\') => Err(MALFORMED),
        [b'-' | b'0'..=b'9', ..] => Ok(json.into()),
        _ => string(json).ok_or(MALFORMED),
    }
}

impl Credentials<'_> {
    /// The parts of the signature. Their alphabets prevent SHA-1 padding from hiding in a nonce, so
    /// only digits can be moved between timestamp and nonce; see [`ParsedSignature::earlier`].
    pub(super) fn signed(&self) -> Result<ParsedSignature<'_>, Refusal> {
        let timestamp = present(&self.timestamp, "timestamp")?;
        let nonce = present(&self.nonce, "nonce")?;
        let signature = present(&self.signature, "signature")?;
        if !(1..=64).contains(&nonce.len()) || !nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Refusal::Malformed { what: "the nonce is not canonical" });
        }
        let sent_at = instant(timestamp)
            .ok_or(Refusal::Malformed { what: "the timestamp is not canonical" })?;
        Ok(ParsedSignature { timestamp, nonce, sent_at, signature: from_hex(signature)? })
    }
}

fn present<'a>(part: &'a Option<Cow<'_, str>>, name: &'static str) -> Result<&'a str, Refusal> {
    part.as_deref().ok_or(Refusal::NotSigned { part: name })
}

/// Reads a timestamp, whose magnitude decides its unit: Express sends seconds, and ZIM's pages say
/// milliseconds but show seconds.
fn instant(timestamp: &str) -> Option<SystemTime> {
    match canonical(timestamp)? {
        seconds @ ..LEAST_MILLIS => at_seconds(seconds),
        millis => at_millis(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zego::Zego;

    fn sent_at(timestamp: &str) -> Option<u128> {
        let since_epoch = instant(timestamp)?.duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.ok().map(|duration| duration.as_millis())
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart_by_size() {
        assert_eq!(sent_at("1757500000"), Some(1_757_500_000_000));
        assert_eq!(sent_at("1757500000123"), Some(1_757_500_000_123));
        assert_eq!(sent_at("99999999999"), Some(99_999_999_999_000));
        assert_eq!(sent_at("100000000000"), Some(100_000_000_000));
        assert_eq!(sent_at("18446744073709551615"), Some(u128::from(u64::MAX)));
    }

    #[test]
    fn a_nonce_has_64_characters_at_most() {
        for (length, is_read) in [(0, false), (1, true), (64, true), (65, false)] {
            let (nonce, signature) = ("7".repeat(length), "ab".repeat(20));
            let document = Document::new::<Zego>(&format!(
                r#"{{"event":"e","timestamp":7,"nonce":"{nonce}","signature":"{signature}"}}"#
            ));
            assert_eq!(
                Envelope::read(&document).unwrap().credentials.signed().is_ok(),
                is_read,
                "{length}"
            );
        }
    }

    /// A pair from ZEGO, in seconds or milliseconds, divided wherever the trailing time can be a
    /// time of today.
    #[test]
    fn an_old_pair_is_recognized_however_its_digits_are_divided() {
        let (seconds, random) = (1_726_000_000_u64, 0x1234_5678);
        let nonce = seconds << 32 | random;
        for time in [seconds, seconds * 1000 + 123] {
            let digits = format!("{time}{nonce}");
            for length in [10, 13] {
                let (nonce, timestamp) = digits.split_at(digits.len() - length);
                let signed =
                    ParsedSignature { timestamp, nonce, sent_at: now(), signature: [0; 20] };
                assert_eq!(signed.earlier(), at_seconds(seconds), "{nonce} {timestamp}");
            }
        }
    }

    #[test]
    fn an_honest_pair_is_not_taken_for_an_old_one() {
        let own = (1_757_500_000_u64 << 32 | 7).to_string();
        for nonce in [&*own, "1726000000123456789", "350176", "", "a1", &"7".repeat(64)] {
            for timestamp in ["1757500000", "1757500000123"] {
                let signed =
                    ParsedSignature { timestamp, nonce, sent_at: now(), signature: [0; 20] };
                assert_eq!(signed.earlier(), None, "{nonce} {timestamp}");
            }
        }
    }

    fn now() -> SystemTime {
        at_seconds(1_757_500_000).unwrap()
    }
}
