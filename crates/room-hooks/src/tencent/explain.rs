use data_encoding::HEXLOWER;

use crate::{
    Delivery,
    event::document::{Json, text_of},
    testing::{Expected, Explanation},
};

use super::{Tencent, query::Query, signature};

impl Tencent {
    /// Tells what is read of a delivery, what is signed in it, and which signatures the tokens give for
    /// that.
    #[must_use]
    pub fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        let mut explanation = Explanation::nothing();
        explanation.event = text_of(delivery.body())
            .ok()
            .and_then(|json| serde_json::from_str(Json::new(json).as_str()).ok());
        let Ok(query) = Query::parse(delivery.query()) else { return explanation };
        let parameters = [
            ("SdkAppid", &query.app_id),
            ("CallbackCommand", &query.command),
            ("RequestTime", &query.request_time),
            ("Sign", &query.sign),
        ];
        for (name, text) in parameters {
            explanation.read.extend(text.as_deref().map(|text| (name, text.to_owned())));
        }
        explanation.claimed = query.sign.as_deref().map(str::to_owned);
        let Some(time) = &query.request_time else { return explanation };
        explanation.expected = self
            .apps
            .secrets(query.app_id.as_deref())
            .map(|(app_id, secret, token)| {
                let signature = HEXLOWER.encode(&signature::digest(token, time));
                let signed = vec!["<Token>".to_owned(), time.clone().into_owned()];
                Expected { app_id, secret, signed, signature }
            })
            .collect();
        explanation
    }
}
