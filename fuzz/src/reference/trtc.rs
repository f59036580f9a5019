use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{
    Authentic, Expected,
    json::{Members, text_of},
    signer,
};
use crate::receivers::Apps;

/// The base64 of the HMAC-SHA256 of the body.
pub(crate) fn sign(key: &str, body: &[u8]) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key has any length");
    BASE64.encode(&hmac.chain_update(body).finalize().into_bytes())
}

/// Takes the values of the headers `SdkAppId` and `Sign`.
pub(crate) fn verify(
    apps: &Apps,
    app_id: &[u8],
    presented: &[u8],
    body: &[u8],
) -> Option<Authentic> {
    let app_id = str::from_utf8(app_id).ok()?;
    let app_id = signer(apps, Some(app_id).filter(|id| !id.is_empty()), |key| {
        sign(key, body).as_bytes() == presented
    })?;
    let members = Members::read(text_of(body)?)?.repaired();
    for name in ["EventGroupId", "EventType", "CallbackTs", "EventInfo"] {
        members.once(name)?;
    }
    let event_type = members.once("EventType")??;
    let is_named = event_type
        .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
    let name = event_type.trim_matches('"').to_owned();
    let outcome = Expected::Event { name, document: members };
    is_named.then_some(Authentic { app_id, outcome })
}
