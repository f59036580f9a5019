use sha2::{Digest, Sha256};

/// The digest that a callback's `Sign` is the hex of.
pub(super) fn digest(token: &[u8], request_time: &str) -> [u8; 32] {
    Sha256::new().chain_update(token).chain_update(request_time).finalize().into()
}

#[cfg(feature = "testing")]
impl super::Tencent {
    /// Signs an event as Tencent does, for tests. The event is a JSON object, such as
    /// `json!({"CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "RoomInfo": {"RoomId": "lobby"}})`.
    /// Of several apps it is the one with the lowest id; one that does not sign only if no other is
    /// there.
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
                query.push(("Sign", hex::encode(digest(secret, &request_time))));
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
    use super::*;

    /// The first is Tencent's own; the second is what its older pages' misprinted token gives.
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
            assert_eq!(hex::encode(digest), sign);
        }
    }
}
