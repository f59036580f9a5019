//! Signs verified deliveries again.

use std::time::SystemTime;

use room_hooks::testing::SignedDelivery;

use crate::{Error, encoding::Encoding, provider::Provider, recording::VerifiedRecord, subject};

/// The event of a delivery, signed now, in the encoding that it had; nothing if there is no event to sign.
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

/// The delivery with another secret's signature in the place of its own, and not another byte changed, so that a
/// retry stays a retry. Nothing if the signature is not there letter by letter.
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
    // The same text may be elsewhere as well.
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

/// A text with one occurrence of another replaced, for each of them.
fn each_replaced<'a>(
    text: &'a str,
    old: &'a str,
    new: &'a str,
) -> impl Iterator<Item = String> + 'a {
    text.match_indices(old).map(move |(at, _)| {
        let mut replaced = text.to_owned();
        replaced.replace_range(at..at + old.len(), new);
        replaced
    })
}
