use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Authentic, json::Members, signer};

/// The base64 of the HMAC-SHA256 of the body.
pub(crate) fn sign(key: &str, body: &[u8]) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key has any length");
    BASE64.encode(&hmac.chain_update(body).finalize().into_bytes())
}

/// Takes the values of the headers `SdkAppId` and `Sign`.
pub(crate) fn verify(app_id: &[u8], claimed: &[u8], body: &[u8]) -> Option<Authentic> {
    let app_id = str::from_utf8(app_id).ok()?;
    let app_id = signer(Some(app_id).filter(|id| !id.is_empty()), |key| {
        sign(key, body).as_bytes() == claimed
    })?;
    let members = Members::read(body)?;
    for name in ["EventGroupId", "EventType", "CallbackTs", "EventInfo"] {
        members.once(name)?;
    }
    let event_type = members.once("EventType")??;
    let is_named = event_type
        .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
    let event = event_type.trim_matches('"').to_owned();
    is_named.then_some(Authentic { app_id, event: Some(event) })
}
