use std::borrow::Cow;

use data_encoding::HEXLOWER;

use crate::{Delivery, Document, testing::Explanation};

use super::{Body, Zego, envelope::Envelope, signature};

impl Zego {
    /// Shows what the provider reads from a delivery, what is signed in it, and the signatures that
    /// the secrets produce.
    ///
    /// Unlike [`Receiver::receive`](crate::Receiver::receive), this does not verify the delivery.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let body = Body::read(delivery);
        let encoding = match &body {
            Ok(Body::Form(_)) => "form",
            Ok(Body::Json(Cow::Borrowed(_))) => "JSON",
            _ => "percent-encoded JSON",
        };
        let Ok(json) = body.and_then(Body::into_json) else {
            return Explanation::new(&Document::new::<Self>(""), &[]);
        };
        let (document, encoding) = (Document::new::<Self>(&json), ("encoding", Some(encoding)));
        let Ok(Envelope { credentials, .. }) = Envelope::read(&document) else {
            return Explanation::new(&document, &[encoding]);
        };
        let (timestamp, nonce) = (credentials.timestamp.as_deref(), credentials.nonce.as_deref());
        let (app_id, signature) = (credentials.app_id.as_deref(), credentials.signature.as_deref());
        let read = [
            encoding,
            ("appid", app_id),
            ("timestamp", timestamp),
            ("nonce", nonce),
            ("signature", signature),
        ];
        Explanation::new(&document, &read).signed(signature, &self.apps, app_id, |secret| {
            let (timestamp, nonce) = (timestamp?, nonce?);
            let mut parts = [
                (secret, "<CallbackSecret>"),
                (timestamp.as_bytes(), timestamp),
                (nonce.as_bytes(), nonce),
            ];
            parts.sort_unstable_by_key(|(bytes, _)| *bytes);
            let signed = parts.map(|(_, shown)| shown.to_owned()).into();
            Some((signed, HEXLOWER.encode(&signature::digest(secret, timestamp, nonce))))
        })
    }
}
