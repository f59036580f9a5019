use sha1::{Digest, Sha1};

#[cfg(feature = "testing")]
use crate::event::spelling::is_spelling_of_one;

/// The digest that a callback's `signature` is the hex of: the three parts, sorted byte-wise and
/// joined without a separator.
pub(super) fn digest(secret: &[u8], timestamp: &str, nonce: &str) -> [u8; 20] {
    let mut parts = [secret, timestamp.as_bytes(), nonce.as_bytes()];
    parts.sort_unstable();
    parts.iter().fold(Sha1::new(), Sha1::chain_update).finalize().into()
}

#[cfg(feature = "testing")]
impl super::Zego {
    /// Signs an event as ZEGO does, for tests. The event is a JSON object, such as
    /// `json!({"event": "room_create", "room_id": "lobby"})`. App id, timestamp, nonce and signature are set, under the
    /// names that they have in the event, if they are there, and otherwise as the product spells them that has `event`,
    /// `Event` or `event_type`. Of several apps it is the one with the lowest id.
    ///
    /// # Errors
    ///
    /// The event does not serialize to a JSON object.
    pub fn sign(
        &self,
        event: &impl serde::Serialize,
        now: std::time::SystemTime,
    ) -> Result<crate::testing::SignedDelivery, serde_json::Error> {
        if self.apps.cannot_sign() {
            return Err(serde::ser::Error::custom("apps that are looked up sign nothing"));
        }
        let mut members = crate::testing::members(event)?;
        let since_epoch = now.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        let timestamp = since_epoch.as_secs();
        // ZEGO's own nonces are seconds and a random number; without a source of chance here, the
        // event's digest and the fraction of the second stand for it.
        let content = Sha1::new()
            .chain_update(serde_json::to_vec(&members)?)
            .chain_update(since_epoch.subsec_nanos().to_be_bytes())
            .finalize();
        let random = u32::from_be_bytes([content[0], content[1], content[2], content[3]]);
        let nonce = (timestamp << 32 | u64::from(random)).to_string();

        let [app_id_name, timestamp_name, nonce_name, signature_name] =
            match ["Event", "EventType", "event_type"].map(|name| members.contains_key(name)) {
                [true, ..] | [_, true, _] => ["AppId", "Timestamp", "Nonce", "Signature"],
                [.., true] => ["app_id", "timestamp", "nonce", "signature"],
                _ => ["appid", "timestamp", "nonce", "signature"],
            };
        let mut set = |name: &str, value: serde_json::Value| {
            let known = name.replace('_', "").to_lowercase();
            let spelled = members.keys().find(|name| is_spelling_of_one(name, &[&known])).cloned();
            members.insert(spelled.unwrap_or_else(|| name.to_owned()), value);
        };
        if let Some((app_id, Some(secret))) = self.apps.first() {
            let digest = digest(secret, &timestamp.to_string(), &nonce);
            set(app_id_name, app_id.to_string().into());
            set(signature_name, hex::encode(digest).into());
        }
        set(timestamp_name, timestamp.into());
        set(nonce_name, nonce.into());
        Ok(crate::testing::SignedDelivery {
            query: String::new(),
            headers: Vec::new(),
            body: serde_json::to_vec(&members)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is ZEGO's own; together they sort in four of the six orders.
    #[test]
    fn the_published_vectors_hold() {
        for (secret, timestamp, nonce, signature) in [
            ("secret", "1470820198", "123412", "5bd59fd62953a8059fb7eaba95720f66d19e4517"),
            (
                "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
                "1757500000",
                "350176",
                "56c4cbadb520321f82c5520351677aef38023c6b",
            ),
            (
                "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
                "1757500000",
                "350176",
                "39959ee998678e0101e90cf6d67f002ea779ead0",
            ),
            (
                "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
                "1757500000123",
                "045678",
                "11e754f79088e777a5cd7de36b95b0cf1c0c50c1",
            ),
        ] {
            let digest = digest(secret.as_bytes(), timestamp, nonce);
            assert_eq!(hex::encode(digest), signature);
        }
    }
}
