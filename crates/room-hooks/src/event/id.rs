use std::{fmt, time::SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    Callback, Contents, Document, Provider, RoomEvent, Verified,
    event::{
        canonical::{self, part},
        document::string,
        spelling::is_spelling_of_one,
        unix_time::LEAST_MILLIS,
    },
    verify::digest::from_hex,
};

/// A delivery's identity: a digest of the provider, the app and the event's content.
///
/// A retry has the same id as the first attempt, and different events have different ids. Three
/// rules apply:
///
/// | the event | its id is a digest of |
/// |---|---|
/// | has its own id or time in milliseconds, in a field that its type names | its content, without the fields that sign it or date the delivery |
/// | has neither: ZIM rooms, a Tencent event without `EventTime`, an event without a type | its content and everything that dates the delivery: ZEGO's `timestamp` and `nonce`, Tencent's `RequestTime` and `RequestID`, TRTC's `CallbackTs` |
/// | has neither, and nothing dates the delivery, as for an app that does not sign | the event has no id and never counts as a duplicate |
///
/// If the platform re-signs a retry of an event in the second row, the retry counts as another
/// delivery. At-least-once delivery allows that, whereas an event must never be lost. One gap
/// remains: Tencent dates deliveries in seconds, so two equal events of one second differ only by
/// their `RequestID`, which is undocumented.
///
/// The order of fields, white space and the choice of escapes do not matter. Everything else does:
/// `7`, `7.0` and `"7"` differ. The id is 16 bytes of SHA-256, displayed as hex.
///
/// ```
/// use room_hooks::{Verified, zego};
///
/// fn handle(created: &Verified<zego::express::RoomCreated>) {
///     if let Some(id) = created.id() {
///         println!("idempotency key: {id}");
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId([u8; 16]);

impl DeliveryId {
    pub(crate) fn of<E: RoomEvent>(verified: &Verified<E>) -> Option<Self> {
        Self::of_content(verified, verified.event.distinct_by())
    }

    /// The id of a delivery that is distinguished by the time it was sent, or by one of the fields
    /// at `paths`.
    pub(crate) fn of_content<E: Callback>(verified: &Verified<E>, paths: &[&str]) -> Option<Self> {
        let Contents { event, app_id, sent_at, request_id, document, .. } = &**verified;
        let mut content = prefix::<E::Provider>("delivery", *app_id);
        part(&mut content, event.name().as_bytes());
        let is_distinct = paths.iter().any(|path| is_distinct(document, path));
        if !is_distinct {
            let sent_at = (*sent_at)?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            part(&mut content, &sent_at.as_millis().to_be_bytes());
            part(&mut content, request_id.as_deref().unwrap_or_default().as_bytes());
        }
        canonical::write(&mut content, document.as_str(), |name| {
            is_spelling_of_one(name, E::Provider::SIGNED_BY)
                || (is_distinct && is_spelling_of_one(name, E::Provider::SENT_AT))
        });
        Some(Self(digest(&content)))
    }
}

/// A digest of a signature that is bound to the first content seen with it. The signature cannot be
/// recovered from the digest.
///
/// A delivery store receives it in a [`DeliveryKey`](crate::hooks::DeliveryKey):
///
/// ```
/// use room_hooks::SignatureKey;
///
/// let key = SignatureKey::from_bytes([7; 16]);
/// assert_eq!(key.as_bytes(), &[7; 16]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureKey([u8; 16]);

impl SignatureKey {
    #[cfg(feature = "hooks")]
    pub(crate) fn of<P: Provider>(app_id: u64, signature: &[u8]) -> Self {
        let mut content = prefix::<P>("signature", app_id);
        part(&mut content, signature);
        Self(digest(&content))
    }
}

/// Implements the methods that both digests share; both are displayed as hex.
macro_rules! digest {
    ($name:ident) => {
        impl $name {
            /// The digest's bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Restores a digest from the bytes that a store has kept.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), HEXLOWER.encode(&self.0))
            }
        }
    };
}

digest! { DeliveryId }
digest! { SignatureKey }

impl DeliveryId {
    /// Parses the output of `Display`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        from_hex(text).ok().map(Self)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Whether the document has a field at a path that can distinguish two events: an id, or a time in
/// milliseconds. A time in seconds does not, because two events of one second share it. A path
/// `id#number` names an id, such as a task's, and the event's number within it; both must be
/// present.
fn is_distinct(document: &Document, path: &str) -> bool {
    if let Some((id, number)) = path.split_once('#') {
        let number = document.at(number).map(|number| number.trim_matches('"').parse::<u64>());
        return matches!(number, Some(Ok(_))) && is_distinct(document, id);
    }
    let Some(value) = document.at(path) else { return false };
    match value.trim_matches('"').parse::<u64>() {
        Ok(number) => number >= LEAST_MILLIS,
        Err(_) => string(value).is_some_and(|text| !text.trim_ascii().is_empty()),
    }
}

fn prefix<P: Provider>(purpose: &str, app_id: u64) -> Vec<u8> {
    let mut content = Vec::with_capacity(512);
    part(&mut content, purpose.as_bytes());
    part(&mut content, P::NAME.as_bytes());
    content.extend_from_slice(&app_id.to_be_bytes());
    content
}

fn digest(content: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(content);
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        RawEvent,
        tencent::{self, Tencent},
        zego::{self, Zego},
    };

    fn id(json: &str) -> DeliveryId {
        zego_id(1, "room_create", json)
    }

    fn zego_id(app_id: u64, event: &str, json: &str) -> DeliveryId {
        let document = Document::new::<Zego>(json).with_member("event", event).unwrap();
        verified(app_id, document.decode::<zego::Event>().unwrap(), document).id().unwrap()
    }

    fn tencent_id(app_id: u64, event: &str, json: &str) -> DeliveryId {
        let document = Document::new::<Tencent>(json).with_member("event", event).unwrap();
        let event = tencent::Event::Raw(RawEvent::new::<Tencent>(event, &document, None));
        verified(app_id, event, document).id().unwrap()
    }

    fn verified<E>(app_id: u64, event: E, document: Document) -> Verified<E> {
        let sent_at = Some(SystemTime::UNIX_EPOCH);
        Verified::new(Contents {
            event,
            app_id,
            sent_at,
            secret: None,
            document,
            request: crate::RequestData::default(),
            parameters: Vec::new(),
            request_id: None,
            signature: None,
            stored_id: None,
            attempt: crate::verify::verified::Attempt::default(),
        })
    }

    #[test]
    fn a_rewritten_retry_is_the_same_delivery() {
        let first =
            id(r#"{"room_id":"7","n":{"a":1,"b":[2]},"nonce":"1","timestamp":1,"appid":"1"}"#);
        for again in [
            r#"{"n":{"b":[2],"a":1},"room_id":"7","nonce":"1","timestamp":1,"signature":"s"}"#,
            r#" {"n" : {"b":[2],"a":1}, "room_id":"\u0037", "nonce":"1", "timestamp":1} "#,
        ] {
            assert_eq!(id(again), first, "{again}");
        }
        for other in [r#""nonce":"2","timestamp":1"#, r#""nonce":"1","timestamp":2"#] {
            let other = format!(r#"{{"room_id":"7","n":{{"a":1,"b":[2]}},{other}}}"#);
            assert_ne!(id(&other), first, "{other}");
        }
    }

    /// To TRTC, room 7 and room "7" are different, and some numbers differ only in their text.
    #[test]
    fn the_kind_of_a_value_and_the_text_of_a_number_count() {
        let mut ids =
            ["7", r#""7""#, "7.0", "0.1", "0.1000000000000000055", "1e999", "null", r#""null""#]
                .map(|value| id(&format!(r#"{{"n":[{value}]}}"#)));
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn other_content_another_app_or_provider_is_another_delivery() {
        let json = r#"{"a":"b","c":["d","e"]}"#;
        let mut ids = vec![
            id(json),
            id(r#"{"a":"b","c":["e","d"]}"#),
            id(r#"{"a":"b","c":["d"],"e":""}"#),
            id(r#"{"a":"b","c":["de"]}"#),
            id(r#"{"a":"b","c":[["d"],"e"]}"#),
            id(r#"{"a":"b","c":["d",["e"]]}"#),
            id(r#"{"a":"b","c":[["d","e"]]}"#),
            id(r#"{"x":"b","c":["d","e"]}"#),
            id(r#"{"a":"b","c":{"d":"e"}}"#),
            id(r#"{"a":{"b":"1"},"c":"2"}"#),
            id(r#"{"a":{"b":"1","c":"2"}}"#),
            id(r#"{"a":"b","c":"d"}"#),
            id(r#"{"a":"bc=d"}"#),
            id(r#"{"a":"","b":"","c":["d","e"]}"#),
            id("{}"),
            zego_id(2, "room_create", json),
            zego_id(1, "room_exit", json),
            tencent_id(1, "room_create", json),
        ];
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn ids_and_keys_are_shown_as_hex() {
        let (id, key) = (DeliveryId([0xab; 16]), SignatureKey([0xcd; 16]));
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(
            format!("{id:?} {key:?}"),
            format!("DeliveryId({id}) SignatureKey({})", "cd".repeat(16))
        );
    }

    /// Processes of two versions may share a store, and so may builds in which another crate
    /// enables features of `serde_json`: `.ci/run` also runs this test with `arbitrary_precision`
    /// and `preserve_order`.
    #[test]
    fn ids_and_keys_do_not_depend_on_versions_or_cargo_features() {
        let id = id(r#"{"room_id":"7","b":[1,{"c":1.5}]}"#);
        assert_eq!(id.to_string(), "c5502f1ba4c447e6628459d64847670d");
        let key = SignatureKey::of::<Zego>(1, &[7; 20]);
        assert_eq!(HEXLOWER.encode(key.as_bytes()), "0f7657f13f7e99beab95b2bcb03e0439");
    }
}
