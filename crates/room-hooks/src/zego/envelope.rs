use std::{
    borrow::Cow,
    iter,
    time::{Duration, SystemTime},
};

use crate::{
    Refusal,
    freshness::canonical,
    members::outermost,
    scanner::Raw,
    signature::from_hex,
    unix_time::{at_millis, at_seconds, at_unix},
};

/// The outermost members that decide who sent a callback and what it is.
pub(super) struct Envelope<'a> {
    pub(super) app_id: Option<Cow<'a, str>>,
    pub(super) event: Cow<'a, str>,
    pub(super) timestamp: Option<Cow<'a, str>>,
    pub(super) nonce: Option<Cow<'a, str>>,
    pub(super) signature: Option<Cow<'a, str>>,
    /// Both of ZEGO's products have a `room_create`; this tells Express's from ZIM's.
    pub(super) is_express: bool,
    /// Whether it is about a room and not a group.
    pub(super) has_room: bool,
}

/// What a signature says, in its one canonical form.
pub(super) struct Signed<'a> {
    pub(super) timestamp: &'a str,
    pub(super) nonce: &'a str,
    pub(super) sent_at: SystemTime,
    pub(super) signature: [u8; 20],
}

impl Signed<'_> {
    /// The times at which the digits that are signed can have been sent.
    ///
    /// Timestamp and nonce are joined without a separator. So the digits of an old pair, timestamp
    /// first, can be divided anew into a nonce that begins with the old timestamp and a timestamp of
    /// today, and give the same signature. ZEGO's own nonces have 19 digits and do not begin like a
    /// timestamp; where a nonce of a length that such a division gives does, that time must be fresh
    /// as well.
    pub(super) fn readings(&self) -> impl Iterator<Item = SystemTime> {
        /// ZEGO was founded in 2015.
        const EARLIEST: Duration = Duration::from_secs(1_420_070_400);
        // 19 digits, less or more by what milliseconds have on seconds.
        let divided = self.nonce.get(..10).filter(|_| matches!(self.nonce.len(), 16 | 19 | 22));
        let divided = divided.and_then(canonical).map(Duration::from_secs);
        let earlier = divided.filter(|&time| time >= EARLIEST).and_then(at_unix);
        iter::once(self.sent_at).chain(earlier.filter(|&time| time < self.sent_at))
    }
}

impl<'a> Envelope<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, Refusal> {
        let [app_id, event, timestamp, nonce, signature, room, group, session, created, named] =
            outermost(
                json,
                [
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
                ],
            )?;
        let text = |member: Option<Raw<'a>>| member.map(Raw::signed).transpose();
        Ok(Self {
            app_id: text(app_id)?,
            event: event.ok_or(Refusal::Malformed { what: "the body names no event" })?.string()?,
            timestamp: text(timestamp)?,
            nonce: text(nonce)?,
            signature: text(signature)?,
            is_express: [session, created, named].iter().any(Option::is_some),
            has_room: room.is_some() && group.is_none(),
        })
    }

    /// The parts of the signature. Their alphabets keep SHA-1's padding from hiding in a nonce, and
    /// leave digits only to be moved between the two; see [`Signed::readings`].
    pub(super) fn signed(&self) -> Result<Signed<'_>, Refusal> {
        let timestamp = present(&self.timestamp, "timestamp")?;
        let nonce = present(&self.nonce, "nonce")?;
        let signature = present(&self.signature, "signature")?;
        if !(1..=64).contains(&nonce.len()) || !nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Refusal::Malformed { what: "the nonce is not canonical" });
        }
        let sent_at = instant(timestamp)
            .ok_or(Refusal::Malformed { what: "the timestamp is not canonical" })?;
        Ok(Signed { timestamp, nonce, sent_at, signature: from_hex(signature)? })
    }
}

fn present<'a>(part: &'a Option<Cow<'_, str>>, name: &'static str) -> Result<&'a str, Refusal> {
    part.as_deref().ok_or(Refusal::NotSigned { part: name })
}

/// Express sends seconds, ZIM's pages say milliseconds and show seconds: the size tells.
fn instant(timestamp: &str) -> Option<SystemTime> {
    const LEAST_MILLIS: u64 = 100_000_000_000;
    match canonical(timestamp)? {
        seconds @ ..LEAST_MILLIS => at_seconds(seconds),
        millis => at_millis(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let json = format!(
                r#"{{"event":"e","timestamp":7,"nonce":"{nonce}","signature":"{signature}"}}"#
            );
            assert_eq!(Envelope::read(&json).unwrap().signed().is_ok(), is_read, "{length}");
        }
    }

    /// Seconds or milliseconds before a nonce of 19 digits, divided into a nonce before seconds or
    /// milliseconds.
    #[test]
    fn a_nonce_that_an_old_pair_can_be_divided_into_is_read_as_its_time_too() {
        let sent_at = at_seconds(1_779_359_894).unwrap();
        for length in 0..=25 {
            let nonce = &"1757500223754840598177935"[..length];
            let signed = Signed { timestamp: "1779359894", nonce, sent_at, signature: [0; 20] };
            let readings = if [16, 19, 22].contains(&length) { 2 } else { 1 };
            assert_eq!(signed.readings().count(), readings, "{nonce}");
        }
    }
}
