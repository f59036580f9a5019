use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Refusal;

/// The digest that a callback's `Sign` is the base64 of: HMAC with SHA-256, as RFC 2104 has it.
pub(super) fn digest(key: &[u8], body: &[u8]) -> [u8; 32] {
    let mut block = Zeroizing::new([0; 64]);
    match block.get_mut(..key.len()) {
        Some(begin) => begin.copy_from_slice(key),
        // A key that is longer than a block counts by its digest.
        None => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let padded = |pad| Sha256::new().chain_update(Zeroizing::new(block.map(|byte| byte ^ pad)));
    let inner = padded(0x36).chain_update(body).finalize();
    padded(0x5c).chain_update(inner).finalize().into()
}

/// Decodes a `Sign` from base64: standard alphabet, padded. Anything else is a wrong signature like any
/// other.
pub(super) fn from_base64(sign: &[u8]) -> Result<[u8; 32], Refusal> {
    // 44 digits stand for 33 bytes, of which the padding takes one away.
    let mut decoded = [0; 33];
    let length =
        (sign.len() == 44).then(|| BASE64.decode_mut(sign, &mut decoded)).and_then(Result::ok);
    match (length, decoded.first_chunk()) {
        (Some(32), Some(digest)) => Ok(*digest),
        _ => Err(Refusal::WrongSignature),
    }
}

#[cfg(feature = "testing")]
pub(super) fn sign(
    apps: &crate::verify::apps::Apps,
    event: &impl serde::Serialize,
    now: std::time::SystemTime,
) -> Result<crate::testing::SignedDelivery, serde_json::Error> {
    let mut members = crate::testing::members(event)?;
    let since_epoch = now.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    members.insert("CallbackTs".into(), millis.into());
    if let Some(event_type) = members.get("EventType").and_then(serde_json::Value::as_u64) {
        let group = super::event::group_of(event_type);
        members.entry("EventGroupId").or_insert(group.into());
    }
    let body = serde_json::to_vec(&members)?;
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    if let Some((app_id, secrets)) = apps.first() {
        headers.push(("SdkAppId".to_owned(), app_id.to_string()));
        let digest = digest(secrets.current(), &body);
        headers.push(("Sign".to_owned(), BASE64.encode(&digest)));
    }
    Ok(crate::testing::SignedDelivery { query: String::new(), headers, body })
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    use super::*;

    /// TRTC's own. The body is to the byte, control characters included.
    #[test]
    fn the_published_vector_holds() {
        let body = "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n\
            \t\"EventInfo\":\t{\n\t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n\
            \t\t\"EventMsTs\":\t1664209748180,\n\t\t\"UserId\":\t\"user_85034614\",\n\
            \t\t\"Reason\":\t0\n\t}\n}";
        assert_eq!(body.len(), 207);
        let sign = BASE64.encode(&digest(b"123654", body.as_bytes()));
        assert_eq!(sign, "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=");
    }

    proptest! {
        #[test]
        fn it_is_hmac_for_keys_of_any_length(
            key in prop::collection::vec(any::<u8>(), 0..200),
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(&body);
            prop_assert_eq!(digest(&key, &body), <[u8; 32]>::from(hmac.finalize().into_bytes()));
        }
    }

    #[test]
    fn only_padded_base64_of_the_standard_alphabet_is_read() {
        let sign = "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=";
        assert!(from_base64(sign.as_bytes()).is_ok());
        for wrong in [
            "",
            "=",
            sign.trim_end_matches('='),
            &sign.replace('/', "_"),
            // The last digit's unused bits are not zero.
            &sign.replace("GA=", "GB="),
            &format!("{sign}\n"),
            &format!(" {sign}"),
            &format!("AAAA{sign}"),
            &sign[4..],
            "９koFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=",
        ] {
            assert_eq!(from_base64(wrong.as_bytes()), Err(Refusal::WrongSignature), "{wrong:?}");
        }
    }
}
