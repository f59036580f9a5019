use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    Document, Provider, RoomEvent,
    canonical::{self, part},
};

/// What identifies a delivery: a digest of provider, app and the event's own content.
///
/// Not of what signs it, nor of the order of the JSON's members, nor of whether a number is a string:
/// two tries of one delivery have the same. The time at which it is signed or sent counts where the event
/// does not tell when it happened, since it may be all that tells two events apart; ZIM's creation of a
/// room is the exception. 16 bytes of SHA-256; shown as hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId([u8; 16]);

impl DeliveryId {
    pub(crate) fn of<E: RoomEvent>(app_id: u64, event: &E, document: &Document) -> Self {
        let mut content = prefix::<E::Provider>("delivery", app_id);
        // The name may be in the query, and one event has two: it counts as this crate has it.
        part(&mut content, event.name().as_bytes());
        let not_content = E::Provider::not_content(event, document);
        canonical::write(&mut content, document.as_str(), not_content);
        Self(digest(&content))
    }

    /// The digest's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    #[cfg(all(feature = "hooks", any(test, feature = "testing")))]
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// A verified signature of a provider that gives each once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) digest: [u8; 20],
    pub(crate) uniqueness: Uniqueness,
}

/// Whether two honest deliveries can have the same signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uniqueness {
    /// They cannot.
    Certain,
    /// A short nonce can come twice within one second.
    Likely,
}

impl Uniqueness {
    pub(crate) fn of(nonce: &str) -> Self {
        if nonce.len() >= 16 { Self::Certain } else { Self::Likely }
    }
}

/// What stands for a signature that belongs to the first content that is seen with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureKey([u8; 16]);

impl SignatureKey {
    #[cfg(feature = "hooks")]
    pub(crate) fn of<P: Provider>(app_id: u64, signature: Signature) -> Self {
        let mut content = prefix::<P>("signature", app_id);
        part(&mut content, &signature.digest);
        Self(digest(&content))
    }

    #[cfg(all(feature = "hooks", any(test, feature = "testing")))]
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes; the signature cannot be had back from them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryId({self})")
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Does not show it: whoever reads it could put it over another body.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("uniqueness", &self.uniqueness).finish_non_exhaustive()
    }
}

impl fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureKey({})", HEXLOWER.encode(&self.0))
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
    use crate::{Other, document::Json, tencent, zego};

    fn id(json: &str) -> DeliveryId {
        zego_id(1, "room_create", json)
    }

    fn zego_id(app_id: u64, event: &str, json: &str) -> DeliveryId {
        let document = Document::with_member("event", event, &Json::new(json.trim()));
        DeliveryId::of(app_id, &document.decode::<zego::Event>().unwrap(), &document)
    }

    fn tencent_id(app_id: u64, event: &str, json: &str) -> DeliveryId {
        let document = Document::with_member("event", event, &Json::new(json.trim()));
        let event = tencent::Event::Other(Other::unknown(event, &document).unwrap());
        DeliveryId::of(app_id, &event, &document)
    }

    #[test]
    fn a_retry_that_is_signed_or_serialised_anew_is_the_same_delivery() {
        let first =
            id(r#"{"room_id":"7","n":{"a":1,"b":[2]},"nonce":"1","timestamp":1,"appid":"1"}"#);
        for again in [
            r#"{"n":{"b":[2],"a":1},"room_id":"7","nonce":"2","timestamp":2,"signature":"s"}"#,
            r#" {"n" : {"b":[2],"a":1,"c":null}, "room_id":"7", "operator_account":null}"#,
        ] {
            assert_eq!(id(again), first, "{again}");
        }
    }

    /// A room 7 and a room "7" are two to TRTC, and a number's text is all that tells some apart.
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

    /// A user who comes, goes and comes again within a minute has come twice.
    #[test]
    fn where_only_the_time_tells_two_events_apart_it_counts() {
        let entered = |timestamp, others| {
            let json = format!(r#"{{"room_id":"7","timestamp":{timestamp}{others}}}"#);
            zego_id(1, "room_enter", &json)
        };
        let others = r#","appid":"1","nonce":"2","signature":"3""#;
        assert_eq!(entered(1, ""), entered(1, others));
        assert_ne!(entered(1, ""), entered(2, ""));
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

    #[test]
    fn of_a_signature_no_byte_is_shown() {
        let signature = Signature { digest: [77; 20], uniqueness: Uniqueness::Certain };
        let shown = format!("{signature:?}");
        assert!(shown.contains("Certain") && !shown.contains("77"), "{shown}");
    }

    /// Machines of two versions may share a store.
    #[test]
    fn ids_and_keys_are_those_of_earlier_versions() {
        let id = id(r#"{"room_id":"7","b":[1,{"c":1.5}]}"#);
        assert_eq!(id.to_string(), "2c4db781c616e75d9a476cc4963cd4c3");
        let signature = Signature { digest: [7; 20], uniqueness: Uniqueness::Certain };
        let key = SignatureKey::of::<zego::Zego>(1, signature);
        assert_eq!(HEXLOWER.encode(key.as_bytes()), "0f7657f13f7e99beab95b2bcb03e0439");
    }
}
