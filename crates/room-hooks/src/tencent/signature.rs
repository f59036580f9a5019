use sha2::{Digest, Sha256};

/// The digest whose hex form is a callback's `Sign`.
pub(super) fn digest(token: &[u8], request_time: &str) -> [u8; 32] {
    Sha256::new().chain_update(token).chain_update(request_time).finalize().into()
}

#[cfg(feature = "testing")]
impl super::Tencent {
    /// Signs an event as Tencent does, for tests. The event must serialize to a JSON object.
    ///
    /// If the provider has several apps, the one with the lowest id signs. An app that does not
    /// sign is used only if there is no other.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use room_hooks::{Receiver, Verified, tencent::{RoomDestroyed, Tencent}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tencent = Tencent::new(1400000001, "authentication token")?;
    /// let command = "Room.CallbackAfterDestroyRoom";
    /// let event = serde_json::json!({"CallbackCommand": command, "RoomId": "lobby"});
    /// let signed = tencent.sign(&event, SystemTime::now())?;
    ///
    /// let receiver = Receiver::new(tencent);
    /// let delivery = signed.as_delivery();
    /// let destroyed: Verified<RoomDestroyed> = receiver.receive(delivery, SystemTime::now())?;
    /// assert_eq!(destroyed.event.room_id, "lobby");
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
        let members = crate::testing::members(event)?;
        let mut query = Vec::new();
        if let Some(command) = members.get("CallbackCommand").and_then(serde_json::Value::as_str) {
            query.push(("CallbackCommand", command.to_owned()));
        }
        query.push(("contenttype", "json".to_owned()));
        if let Some((app_id, secret)) = self.apps.first() {
            query.push(("SdkAppid", app_id.to_string()));
            if let Some(secret) = secret {
                let since_epoch = now.duration_since(std::time::SystemTime::UNIX_EPOCH);
                let request_time = since_epoch.unwrap_or_default().as_secs().to_string();
                query
                    .push(("Sign", data_encoding::HEXLOWER.encode(&digest(secret, &request_time))));
                query.push(("RequestTime", request_time));
            }
        }
        Ok(crate::testing::SignedDelivery {
            query: crate::request::form::encoded(query),
            headers: Vec::new(),
            body: serde_json::to_vec(&members)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Tencent documents the first vector. The second uses the misprinted token of its older pages.
    #[test]
    fn the_published_vectors_hold() {
        for (token, request_time, sign) in [
            (
                "xxxxyyyy",
                "1669872112",
                "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061",
            ),
            (
                "xxxyyy",
                "1669872112",
                "e78a85473bed2cdc8d6fa8c4d5a4ba4735fd64156e15a99516b9890293e135de",
            ),
            (
                "k3y-For_Tests",
                "1712345678",
                "094034376f04e2f60704e89141c627dc50fd7b1025d913935f2ff905b33d2ff1",
            ),
        ] {
            let digest = digest(token.as_bytes(), request_time);
            assert_eq!(HEXLOWER.encode(&digest), sign);
        }
    }
}
