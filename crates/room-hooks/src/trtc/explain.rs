use data_encoding::BASE64;

use crate::{Delivery, Document, testing::Explanation};

use super::{Trtc, signature};

impl Trtc {
    /// Shows what the provider reads from a delivery, what is signed in it, and the signatures that
    /// the keys produce.
    ///
    /// Unlike [`Receiver::receive`](crate::Receiver::receive), this does not verify the delivery.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let document = Document::new::<Self>(delivery.text().unwrap_or_default());
        let header = |name| Some(String::from_utf8_lossy(delivery.header(name)?));
        let (app_id, sign) = (header("SdkAppId"), header("Sign"));
        let (app_id, sign) = (app_id.as_deref(), sign.as_deref());
        let read = [("SdkAppId", app_id), ("Sign", sign)];
        Explanation::new(&document, &read).signed(sign, &self.apps, app_id, |key| {
            let signed = vec![format!("the body, {} bytes", delivery.body().len())];
            Some((signed, BASE64.encode(&signature::digest(key, delivery.body()))))
        })
    }
}
