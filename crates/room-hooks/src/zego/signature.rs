use sha1::{Digest, Sha1};

#[cfg(feature = "testing")]
use crate::event::spelling::is_spelling_of_one;

/// The digest whose hex form is a callback's `signature`: the three parts, sorted byte-wise and
/// joined without a separator.
pub(super) fn digest(secret: &[u8], timestamp: &str, nonce: &str) -> [u8; 20] {
    let mut parts = [secret, timestamp.as_bytes(), nonce.as_bytes()];
    parts.sort_unstable();
    parts.iter().fold(Sha1::new(), Sha1::chain_update).finalize().into()
}

#[cfg(feature = "testing")]
impl super::Zego {
    /// Signs an event as ZEGO does, for tests. The event must serialize to a JSON object.
    ///
    /// The app id, timestamp, nonce and signature are set: under the spellings that the event
    /// already has, or else under those of the product that uses `event`, `Event` or `event_type`.
    /// If the provider has several apps, the one with the lowest id signs.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use room_hooks::{Receiver, Verified, zego::{RoomCreated, Zego}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let zego = Zego::new(1234567890, "callback secret")?;
    /// let event = serde_json::json!({"event": "room_create", "room_id": "lobby"});
    /// let signed = zego.sign(&event, SystemTime::now())?;
    ///
    /// let receiver = Receiver::new(zego);
    /// let delivery = signed.as_delivery();
    /// let created: Verified<RoomCreated> = receiver.receive(delivery, SystemTime::now())?;
    /// assert_eq!(created.event.room_id, "lobby");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The event does not serialize to a JSON object, or all apps come from a lookup.
    pub fn sign(
        &self,
        event: &impl serde::Serialize,
        now: std::time::SystemTime,
    ) -> Result<crate::testing::SignedDelivery, serde_json::Error> {
        if self.apps.cannot_sign() {
            return Err(serde::ser::Error::custom("apps from a lookup cannot sign"));
        }
        let mut members = crate::testing::members(event)?;
        let since_epoch = now.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        let timestamp = since_epoch.as_secs();
        // ZEGO's own nonces consist of seconds and a random number. There is no source of
        // randomness here, so the event's digest and the fraction of the second replace it.
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
            set(signature_name, data_encoding::HEXLOWER.encode(&digest).into());
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
    use data_encoding::HEXLOWER;

    use super::*;

    /// The first vector is ZEGO's own. Together they cover four of the six sort orders.
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
            assert_eq!(HEXLOWER.encode(&digest), signature);
        }
    }
}
