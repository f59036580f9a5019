use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{
    Authentic, Expected,
    json::{Members, text_of},
    number, signer,
};
use crate::receivers::Apps;

/// The base64 HMAC-SHA256 of the body.
pub(crate) fn sign(key: &str, body: &[u8]) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    BASE64.encode(&hmac.chain_update(body).finalize().into_bytes())
}

/// Verifies a delivery; `app_id` and `presented` are the headers `SdkAppId` and `Sign`.
pub(crate) fn verify(
    apps: &Apps,
    app_id: &[u8],
    presented: &[u8],
    body: &[u8],
) -> Option<Authentic> {
    let app_id = Some(str::from_utf8(app_id).ok()?).filter(|id| !id.is_empty());
    let unsigned = apps.unsigned.filter(|unsigned| match app_id {
        Some(id) => number(id) == Some(*unsigned),
        None => presented.is_empty(),
    });
    let signer = || signer(apps, app_id, |key| sign(key, body).as_bytes() == presented);
    let app_id = unsigned.or_else(signer)?;
    let members = Members::read(text_of(body)?)?.repaired();
    for name in ["EventGroupId", "EventType", "CallbackTs", "EventInfo"] {
        members.once(name)?;
    }
    let name = match members.once("EventType")? {
        Some(event_type) => {
            let is_named = event_type
                .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
            is_named.then(|| event_type.trim_matches('"').to_owned())?
        }
        None => {
            let group = members.text("EventGroupId")??;
            format!("group/{}", group.parse::<u64>().ok()?)
        }
    };
    let outcome = Expected::Callback { name, document: members, asks: false };
    Some(Authentic { app_id, outcome })
}
