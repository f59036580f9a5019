use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Refusal;

/// The digest whose base64 form is a callback's `Sign`.
pub(super) fn digest(key: &[u8], body: &[u8]) -> [u8; 32] {
    let hmac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    hmac.chain_update(body).finalize().into_bytes().into()
}

/// Decodes a `Sign` from base64 with the standard alphabet and padding. Anything else is a wrong
/// signature.
pub(super) fn from_base64(sign: &[u8]) -> Result<[u8; 32], Refusal> {
    // 44 digits represent 33 bytes, of which the padding removes one.
    let mut decoded = [0; 33];
    let length =
        (sign.len() == 44).then(|| BASE64.decode_mut(sign, &mut decoded)).and_then(Result::ok);
    match (length, decoded.first_chunk()) {
        (Some(32), Some(digest)) => Ok(*digest),
        _ => Err(Refusal::WrongSignature),
    }
}

#[cfg(feature = "testing")]
impl super::Trtc {
    /// Signs an event as TRTC does, for tests. The event must serialize to a JSON object.
    /// `CallbackTs` is set, and so is `EventGroupId` if it is missing.
    ///
    /// If the provider has several apps, the one with the lowest id signs. An app without a key is
    /// used only if there is no other.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use room_hooks::{Receiver, Verified, trtc::{Trtc, UserEntered}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let trtc = Trtc::new(1400000001, "callback key")?;
    /// let info = serde_json::json!({"RoomId": "lobby", "UserId": "ada"});
    /// let event = serde_json::json!({"EventType": 103, "EventInfo": info});
    /// let signed = trtc.sign(&event, SystemTime::now())?;
    ///
    /// let receiver = Receiver::new(trtc);
    /// let delivery = signed.as_delivery();
    /// let entered: Verified<UserEntered> = receiver.receive(delivery, SystemTime::now())?;
    /// assert_eq!(entered.event.room_id, "lobby");
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
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        members.insert("CallbackTs".into(), millis.into());
        if let Some(event_type) = members.get("EventType").and_then(serde_json::Value::as_u64) {
            let group = super::event::group_of(event_type);
            members.entry("EventGroupId").or_insert(group.into());
        }
        let body = serde_json::to_vec(&members)?;
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        if let Some((app_id, secret)) = self.apps.first() {
            headers.push(("SdkAppId".to_owned(), app_id.to_string()));
            let sign = secret.map(|secret| BASE64.encode(&digest(secret, &body)));
            headers.extend(sign.map(|sign| ("Sign".to_owned(), sign)));
        }
        Ok(crate::testing::SignedDelivery { query: String::new(), headers, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TRTC documents this vector. Every byte of the body counts, including control characters.
    #[test]
    fn the_published_vector_holds() {
        let body = "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n\
            \t\"EventInfo\":\t{\n\t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n\
            \t\t\"EventMsTs\":\t1664209748180,\n\t\t\"UserId\":\t\"user_85034614\",\n\
            \t\t\"Reason\":\t0\n\t}\n}";
        assert_eq!(body.len(), 207);
        let sign = BASE64.encode(&digest(b"123654", body.as_bytes()));
        assert_eq!(sign, "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=");
    }

    #[test]
    fn only_padded_base64_of_the_standard_alphabet_is_read() {
        let sign = "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=";
        assert!(from_base64(sign.as_bytes()).is_ok());
        for wrong in [
            "",
            "=",
            sign.trim_end_matches('='),
            &sign.replace('/', "_"),
            // The last digit's unused bits are not zero.
            &sign.replace("GA=", "GB="),
            &format!("{sign}\n"),
            &format!(" {sign}"),
            &format!("AAAA{sign}"),
            &sign[4..],
            "９koFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=",
        ] {
            assert_eq!(from_base64(wrong.as_bytes()), Err(Refusal::WrongSignature), "{wrong:?}");
        }
    }
}
