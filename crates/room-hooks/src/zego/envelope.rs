//! What a body is and who is said to have sent it.

use std::{borrow::Cow, time::SystemTime};

use crate::{
    Delivery, Document, Refusal,
    event::{
        document::{MALFORMED, is_spelling, string},
        lenient::Lenient,
        unix_time::{LEAST_MILLIS, at_millis, at_seconds},
    },
    request::{
        delivery::EMPTY,
        form::{decoded, percent_decoded},
    },
    verify::{digest::from_hex, freshness::canonical},
};

use super::form;

/// A body, whichever encoding it came in.
pub(super) enum Body<'a> {
    Json(Cow<'a, str>),
    /// A form as it arrived.
    Form(&'a str),
}

impl<'a> Body<'a> {
    /// Reads a body as far as its sender need not be known.
    ///
    /// A body that begins as JSON is never percent-decoded: room and user ids may hold `%`, `+`, `&` and
    /// `=`.
    pub(super) fn read(delivery: Delivery<'a>) -> Result<Self, Refusal> {
        let text = delivery.text()?;
        match text.as_bytes() {
            [] => Err(EMPTY),
            [b'{', ..] => Ok(Self::Json(text.into())),
            [b'%', b'7', b'B' | b'b', ..] => {
                from_percent_encoded(text).map(|json| Self::Json(json.into()))
            }
            _ => Ok(Self::Form(text)),
        }
    }

    /// The parts of a form that decide who sent it; of JSON they are in its envelope.
    pub(super) fn credentials(&self) -> Result<Option<Credentials<'a>>, Refusal> {
        match self {
            Self::Json(_) => Ok(None),
            Self::Form(text) => form::credentials(text).map(Some),
        }
    }

    /// The JSON that the body stands for.
    pub(super) fn into_json(self) -> Result<Cow<'a, str>, Refusal> {
        match self {
            Self::Json(json) => Ok(json),
            Self::Form(text) => form::to_json(text).map(Cow::Owned),
        }
    }
}

fn from_percent_encoded(text: &str) -> Result<String, Refusal> {
    // Posted as a form, a document is the name of a pair without a value.
    let text = text.strip_suffix('=').unwrap_or(text);
    // An encoder that leaves JSON's colons bare is one for paths, which leaves a plus sign bare as
    // well. All others write a plus sign as `%2B`, so that a bare one is a space.
    let json = if text.contains(':') { percent_decoded(text) } else { decoded(text) };
    json.map(Cow::into_owned)
}

/// The members of an envelope. The first six decide who sent it and what it is, and each product spells them in a
/// way of its own. The others tell products apart.
pub(crate) const MEMBERS: [&str; 15] = [
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
];

/// How many of them decide.
pub(super) const DECIDING: usize = 6;

/// Which deciding member has a name.
pub(super) fn deciding(name: &str) -> Option<usize> {
    MEMBERS[..DECIDING].iter().position(|known| is_spelling(name, known))
}

fn index(name: &str) -> Option<usize> {
    let telling = || MEMBERS[DECIDING..].iter().position(|known| *known == name);
    deciding(name).or_else(|| Some(DECIDING + telling()?))
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
        let [room, group, session, created, named, recording_task, task, player, upload] = telling;
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

    fn to_json(body: &[u8]) -> Result<Cow<'_, str>, Refusal> {
        let body = Body::read(Delivery::new(body))?;
        body.credentials()?;
        body.into_json()
    }

    #[track_caller]
    fn becomes(body: &str, json: &str) {
        assert_eq!(to_json(body.as_bytes()).as_deref(), Ok(json), "{body}");
    }

    #[test]
    fn json_is_taken_as_it_is() {
        let json = r#"{"room_id":"a%20b+c&d=e"}"#;
        becomes(json, json);
        becomes(&format!("\u{feff} \r\n\t{json}\n"), json);
    }

    #[test]
    fn percent_encoded_json_is_decoded_once() {
        becomes("%7B%22id%22%3A%22a%2520b%22%7D", r#"{"id":"a%20b"}"#);
        becomes("%7b%22id%22%3a%22a%2520b%22%7d", r#"{"id":"a%20b"}"#);
        becomes("%7B%22id%22%3A%22%E6%88%BF%22%7D=", r#"{"id":"房"}"#);
    }

    #[test]
    fn a_plus_sign_is_a_space_unless_the_encoder_leaves_it_bare() {
        becomes("%7B%22id%22%3A%22a+b%2Bc%20d%22%7D", r#"{"id":"a b+c d"}"#);
        becomes("%7B%22id%22:%22a+b%2Bc%20d%22%7D", r#"{"id":"a+b+c d"}"#);
    }

    #[test]
    fn a_form_becomes_an_object_of_strings_and_lists() {
        let form = b"event=room_exit&room_id=a+b%2Bc%26d&ids[]=1&ids%5B%5D=2&appid=1";
        let object: serde_json::Value = serde_json::from_str(&to_json(form).unwrap()).unwrap();
        let (event, room_id, ids) = ("room_exit", "a b+c&d", ["1", "2"]);
        let expected =
            serde_json::json!({"event": event, "room_id": room_id, "ids": ids, "appid": "1"});
        assert_eq!(object, expected);
    }

    #[test]
    fn elements_are_told_apart_by_their_labels_or_by_a_repeated_name() {
        for (pairs, list) in [
            ("a[][x]=1&a[][y]=2&a[][x]=3", r#"[{"x":"1","y":"2"},{"x":"3"}]"#),
            ("a[7][x]=1&a[3][x]=2&a[7][y]=3", r#"[{"x":"1","y":"3"},{"x":"2"}]"#),
            ("a[0][x]=1&a[][y]=2", r#"[{"x":"1"},{"y":"2"}]"#),
            ("a[]=1&a[]=1", r#"["1","1"]"#),
            ("a[00]=1&a[0]=2", r#"["1","2"]"#),
        ] {
            let form = format!("{pairs}&event=x");
            becomes(&form, &format!(r#"{{"a":{list},"event":"x"}}"#));
        }
    }

    #[test]
    fn a_name_counts_once() {
        for body in ["event=a&event=b", "event=a&x=1&x[]=2", "event=a&x[]=1&x=2"] {
            assert_eq!(to_json(body.as_bytes()), Err(Refusal::DuplicateParameter), "{body}");
        }
    }

    #[test]
    fn what_is_no_callback_is_refused() {
        for body in [
            &b""[..],
            b" \n",
            b"\xff\xfe",
            b"\xff\xfe{\0}\0",
            b"%7B%FF%7D",
            b"event=x&room_id=%FF%FE",
            b"[]",
            b"null",
            b"42",
            b"hello",
            b"a=b",
            b"<xml/>",
            b"\0",
        ] {
            assert!(matches!(to_json(body), Err(Refusal::Malformed { .. })), "{body:?}");
        }
        assert_eq!(to_json(b" \n"), Err(EMPTY), "not a form without an event");
    }
}
