use data_encoding::HEXLOWER;

use crate::{Delivery, Document, testing::Explanation};

use super::{Tencent, query::Query, signature};

impl Tencent {
    /// Shows what the provider reads from a delivery, what is signed in it, and the signatures that
    /// the tokens produce.
    ///
    /// Unlike [`Receiver::receive`](crate::Receiver::receive), this does not verify the delivery.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let document = Document::new::<Self>(delivery.text().unwrap_or_default());
        let query = Query::parse(delivery.query()).unwrap_or_default();
        let (app_id, sign) = (query.app_id.as_deref(), query.sign.as_deref());
        let request_time = query.request_time.as_deref();
        let read = [
            ("SdkAppid", app_id),
            ("CallbackCommand", query.command.as_deref()),
            ("RequestTime", request_time),
            ("Sign", sign),
        ];
        Explanation::new(&document, &read).signed(sign, &self.apps, app_id, |token| {
            let signed = vec!["<Token>".to_owned(), request_time?.to_owned()];
            Some((signed, HEXLOWER.encode(&signature::digest(token, request_time?))))
        })
    }
}
