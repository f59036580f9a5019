//! Who is said to have sent a callback, when, and what it is called.

use std::{borrow::Cow, time::SystemTime};

use crate::{
    Document, Refusal,
    event::{
        document::{MALFORMED, string},
        lenient::Lenient,
        spelling::Spelling,
        unix_time::{LEAST_MILLIS, at_millis, at_seconds},
    },
    verify::{digest::from_hex, freshness::canonical},
};

/// The members of an envelope. The first six decide who sent it and what it is, and each product spells them in a
/// way of its own. The others tell products apart.
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

/// How many of them decide.
pub(super) const DECIDING: usize = 6;

/// Which deciding member has a name.
pub(super) fn deciding(name: impl Iterator<Item = u8>) -> Option<usize> {
    Spelling::of(name)?.position(&MEMBERS[..DECIDING])
}

fn index(name: &str) -> Option<usize> {
    let telling = || MEMBERS[DECIDING..].iter().position(|known| *known == name);
    deciding(name.bytes()).or_else(|| Some(DECIDING + telling()?))
}

/// The members that decide who sent a callback, not verified yet.
pub(super) struct Credentials<'a> {
    pub(super) app_id: Option<Cow<'a, str>>,
    pub(super) timestamp: Option<Cow<'a, str>>,
    pub(super) nonce: Option<Cow<'a, str>>,
    pub(super) signature: Option<Cow<'a, str>>,
}

/// The outermost members that decide who sent a callback and what it is.
pub(super) struct Envelope<'a> {
    pub(super) credentials: Credentials<'a>,
    pub(super) event: EventName<'a>,
    /// Both of ZEGO's products have a `room_create`; this tells Express's from ZIM's.
    pub(super) is_express: bool,
    /// Whether it is about a room and not a group.
    pub(super) has_room: bool,
    /// Whether it is about an instance of an AI agent.
    pub(super) is_ai_agent: bool,
}

/// What an envelope calls its event.
pub(super) enum EventName<'a> {
    /// A JSON string of any length, so it is not decoded before the sender is known.
    Name(&'a str),
    /// A number, by the product whose number it is.
    Number(&'static str, u64),
}

/// What a signature says, in its one canonical form.
pub(super) struct ParsedSignature<'a> {
    pub(super) timestamp: &'a str,
    pub(super) nonce: &'a str,
    pub(super) sent_at: SystemTime,
    pub(super) signature: [u8; 20],
}

impl ParsedSignature<'_> {
    /// Whether no two honest deliveries have this signature, which a short nonce can within one second. The
    /// nonce must have 16 characters beside a time in seconds. The two are measured together, so that it does
    /// not matter how their digits are divided.
    pub(super) fn is_unique(&self) -> bool {
        self.timestamp.len() + self.nonce.len() >= 26
    }

    /// Another time at which the signed digits can have been sent, long before this one.
    ///
    /// Timestamp and nonce are joined without a separator. So an old pair's digits, timestamp first, can
    /// be divided differently, into a nonce that begins with the old timestamp and a timestamp of today,
    /// and have the same signature. ZEGO's own nonces give that away: their 19 digits are
    /// `seconds << 32 | random`. Digits that can be divided into a time and a nonce of that very time are
    /// an old pair's. Nonces of another form, such as the six digits of some products, give nothing away.
    pub(super) fn earlier(&self) -> Option<SystemTime> {
        /// How far the two clocks may be apart that a pair shows, in seconds.
        const APART: u64 = 24 * 60 * 60;
        let digits = format!("{}{}", self.nonce, self.timestamp);
        // A time is in seconds or in milliseconds.
        [(10, 1), (13, 1000)].into_iter().find_map(|(length, in_a_second)| {
            let (time, nonce) = digits.split_at_checked(length)?;
            let seconds = canonical(time)? / in_a_second;
            let of_nonce = canonical(nonce)? >> 32;
            at_seconds(seconds).filter(|_| of_nonce.abs_diff(seconds) <= APART)
        })
    }
}

impl<'a> Envelope<'a> {
    pub(super) fn read(document: &'a Document) -> Result<Self, Refusal> {
        let [app_id, event, event_type, timestamp, nonce, signature, telling @ ..] =
            document.members_by::<{ MEMBERS.len() }>(index)?;
        let [room, group, session, created, named, recording_task, task, player, upload, agent] =
            telling;
        // Player and digital human both have a `TaskId`, and share numbers.
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
            // Speech recognition has the same events, and a task.
            is_ai_agent: agent.is_some() && task.is_none(),
        })
    }
}

/// A number, or its digits in a string.
fn number(json: &str) -> Option<u64> {
    u64::read(&mut serde_json::Deserializer::from_str(json)).ok().flatten()
}

/// A string's text, or a number's as it arrived, which is what is signed.
fn signed_text(json: &str) -> Result<Cow<'_, str>, Refusal> {
    /// More than the longest nonce takes if each of its characters is escaped.
    const MOST: usize = 400;
    match json.as_bytes() {
        text if text.len() > MOST && text.contains(&b'\\') => Err(MALFORMED),
        [b'-' | b'0'..=b'9', ..] => Ok(json.into()),
        _ => string(json).ok_or(MALFORMED),
    }
}

impl Credentials<'_> {
    /// The parts of the signature. Their alphabets keep SHA-1's padding from hiding in a nonce, and
    /// leave only digits to be moved between the two; see [`ParsedSignature::earlier`].
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

/// Express sends seconds, ZIM's pages say milliseconds and show seconds: the size tells.
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

    /// A pair of ZEGO's own, in seconds or milliseconds, divided wherever the time that comes last can be
    /// one of today.
    #[test]
    fn an_old_pair_is_known_however_its_digits_are_divided() {
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
