use data_encoding::BASE64;

use crate::{
    Delivery,
    event::document::{Json, text_of},
    testing::{Expected, Explanation},
};

use super::{Trtc, signature};

impl Trtc {
    /// Tells what is read of a delivery, what is signed in it, and which signatures the keys give for
    /// that.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let mut explanation = Explanation::nothing();
        let header = |name| Some(String::from_utf8_lossy(delivery.header(name)?).into_owned());
        let (app_id, sign) = (header("SdkAppId"), header("Sign"));
        explanation.read.extend(app_id.clone().map(|app_id| ("SdkAppId", app_id)));
        explanation.read.extend(sign.clone().map(|sign| ("Sign", sign)));
        explanation.claimed = sign;
        explanation.event = text_of(delivery.body())
            .ok()
            .and_then(|json| serde_json::from_str(Json::new(json).as_str()).ok());
        explanation.expected = self
            .apps
            .secrets(app_id.as_deref())
            .map(|(app_id, secret, key)| {
                let signature = BASE64.encode(&signature::digest(key, delivery.body()));
                let signed = vec![format!("the body, {} bytes", delivery.body().len())];
                Expected { app_id, secret, signed, signature }
            })
            .collect();
        explanation
    }
}
