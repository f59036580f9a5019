use data_encoding::HEXLOWER;

use crate::{
    Delivery,
    event::document::{Json, text_of},
    testing::{Expected, Explanation},
};

use super::{
    Zego,
    body::{Body, Encoding},
    envelope::Envelope,
    signature,
};

impl Zego {
    /// Tells what is read of a delivery, what is signed in it, and which signatures the secrets give
    /// for that.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let mut explanation = Explanation::nothing();
        let Ok(json) = Body::read(delivery.body()).and_then(Body::into_json) else {
            return explanation;
        };
        let text = text_of(delivery.body()).unwrap_or_default();
        let encoding = match Encoding::of(text.as_bytes()) {
            Encoding::Json => "JSON",
            Encoding::Percent => "percent-encoded JSON",
            Encoding::Form => "form",
        };
        explanation.read.push(("encoding", encoding.to_owned()));
        explanation.event = serde_json::from_str(Json::new(&*json).as_str()).ok();
        let Ok(Envelope { claim, .. }) = Envelope::read(&json) else { return explanation };
        let members = [
            ("appid", &claim.app_id),
            ("timestamp", &claim.timestamp),
            ("nonce", &claim.nonce),
            ("signature", &claim.signature),
        ];
        for (name, text) in members {
            explanation.read.extend(text.as_deref().map(|text| (name, text.to_owned())));
        }
        explanation.claimed = claim.signature.as_deref().map(str::to_owned);
        let (Some(timestamp), Some(nonce)) = (&claim.timestamp, &claim.nonce) else {
            return explanation;
        };
        for (app_id, secret, bytes) in self.apps.secrets(claim.app_id.as_deref()) {
            let mut parts = [
                (bytes, "<CallbackSecret>"),
                (timestamp.as_bytes(), timestamp),
                (nonce.as_bytes(), nonce),
            ];
            parts.sort_unstable_by_key(|(bytes, _)| *bytes);
            let signed = parts.map(|(_, shown)| shown.to_owned()).into();
            let digest = signature::digest(bytes, timestamp, nonce);
            let signature = HEXLOWER.encode(&digest);
            explanation.expected.push(Expected { app_id, secret, signed, signature });
        }
        explanation
    }
}
