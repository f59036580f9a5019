//! Re-signs verified deliveries.

use std::time::SystemTime;

use room_hooks::testing::SignedDelivery;

use crate::{Error, encoding::Encoding, provider::Provider, recording::VerifiedRecord, subject};

/// Re-signs the event of a delivery with the current time, in its original encoding. `None` if
/// there is no event to sign.
pub(crate) fn with_new_time(
    verified: VerifiedRecord<'_>,
    provider: &Provider,
) -> Result<Option<SignedDelivery>, Error> {
    let record = verified.record();
    let body = record.body()?;
    let Some(event) = subject::event(&provider.explain(record.as_delivery(&body))) else {
        return Ok(None);
    };
    provider.sign(&event, Encoding::of(&body), SystemTime::now()).map(Some)
}

/// Replaces the signature of a delivery with one from another secret. No other byte changes, so the
/// receiver still recognizes a retry. `None` if the delivery does not contain the signature
/// verbatim.
pub(crate) fn in_place(
    verified: VerifiedRecord<'_>,
    local: &Provider,
) -> Result<Option<SignedDelivery>, Error> {
    let recorded = verified.record().as_recorded()?;
    let explanation = local.explain(recorded.as_delivery());
    let (Some(old), Some(expected)) = (explanation.presented, explanation.expected.first()) else {
        return Ok(None);
    };
    let new = &expected.signature;
    // The text of the old signature may also occur elsewhere.
    let is_signed = |delivery: &SignedDelivery| {
        local.explain(delivery.as_delivery()).presented.as_ref() == Some(new)
    };
    let SignedDelivery { query, headers, body, .. } = recorded;
    let signed = |query: &str, headers: &[(String, String)], body: &[u8]| {
        SignedDelivery::new(query.to_owned(), headers.to_owned(), body.to_owned())
    };
    Ok(match local {
        Provider::Zego(_) => {
            let body = str::from_utf8(&body)?;
            let bodies = each_replaced(body, &old, new);
            bodies.map(|body| signed(&query, &headers, body.as_bytes())).find(is_signed)
        }
        Provider::Tencent(_) => {
            let queries = each_replaced(&query, &old, new);
            queries.map(|query| signed(&query, &headers, &body)).find(is_signed)
        }
        Provider::Trtc(_) => {
            let with_new = |(name, value): (String, String)| match value == old {
                true => (name, new.clone()),
                false => (name, value),
            };
            let headers: Vec<_> = headers.into_iter().map(with_new).collect();
            Some(signed(&query, &headers, &body)).filter(is_signed)
        }
    })
}

/// Returns a copy of the text for each occurrence of `old`, with only that occurrence replaced.
fn each_replaced<'a>(
    text: &'a str,
    old: &'a str,
    new: &'a str,
) -> impl Iterator<Item = String> + 'a {
    /// More than occur by chance. A sender may repeat the signature, and each copy is parsed.
    const MOST: usize = 16;
    text.match_indices(old).take(MOST).map(move |(at, _)| {
        let mut replaced = text.to_owned();
        replaced.replace_range(at..at + old.len(), new);
        replaced
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        credentials::Credentials,
        provider::ProviderName,
        recording::{Record, Verification},
    };

    use super::*;

    /// An attacker cannot choose where a signature is replaced.
    #[test]
    fn only_the_signature_is_replaced_where_its_text_is_also_elsewhere() {
        let credentials = Credentials::default();
        for (name, event) in [
            (ProviderName::Zego, json!({"event": "room_create", "room_id": "lobby"})),
            (ProviderName::Tencent, json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom"})),
            (ProviderName::Trtc, json!({"EventType": 103})),
        ] {
            let now = SystemTime::now();
            let (theirs, ours) =
                (credentials.forger(name).unwrap(), credentials.provider(name).unwrap());
            let mut delivery = theirs.sign(&event, Encoding::Json, now).unwrap();
            let signature = theirs.explain(delivery.as_delivery()).presented.unwrap();
            match name {
                ProviderName::Zego => {
                    let body = String::from_utf8(delivery.body).unwrap();
                    let planted = format!("{{\"a\":\"{signature}\",");
                    delivery.body = body.replacen('{', &planted, 1).into_bytes();
                }
                ProviderName::Tencent => {
                    delivery.query = format!("a={signature}&{}", delivery.query);
                }
                ProviderName::Trtc => {}
            }
            assert!(theirs.receive(delivery.as_delivery(), now).is_ok(), "{name}");
            assert!(ours.receive(delivery.as_delivery(), now).is_err(), "{name}");
            let record =
                Record::new(name, now, delivery.clone()).with_verification(Verification::Signature);
            let resigned = in_place(record.verified().unwrap(), &ours).unwrap().unwrap();
            assert!(ours.receive(resigned.as_delivery(), now).is_ok(), "{name}");
            let (before, after) = (&delivery, &resigned);
            let length = |delivery: &SignedDelivery| (delivery.query.len(), delivery.body.len());
            assert_eq!(length(before), length(after), "{name}");
            let planted = format!("{:?}{:?}", after.query, String::from_utf8_lossy(&after.body));
            let count = planted.matches(&signature).count();
            assert_eq!(count, usize::from(name != ProviderName::Trtc), "{name}: {planted}");
        }
    }
}
