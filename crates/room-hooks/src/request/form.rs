//! Forms and queries: percent-encoded pairs, with `+` for a space.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Refusal;

/// The names and values, still encoded.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a name or value. Borrows it if nothing in it is encoded.
pub(crate) fn decoded(text: &str) -> Result<Cow<'_, str>, Refusal> {
    match text.bytes().any(|byte| byte == b'+') {
        true => percent_decoded(&text.replace('+', " ")).map(|text| text.into_owned().into()),
        false => percent_decoded(text),
    }
}

/// Decodes as [`decoded`] does, but leaves `+` unchanged.
pub(crate) fn percent_decoded(text: &str) -> Result<Cow<'_, str>, Refusal> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Ok(text.into());
    }
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| Refusal::Malformed { what: "percent-encoded text is not UTF-8" })
}

/// Encodes pairs as a form.
#[cfg(feature = "testing")]
pub(crate) fn encoded(pairs: Vec<(&str, String)>) -> String {
    /// Everything but the characters that a form leaves unencoded: letters, digits and `*-._`.
    const ENCODED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
    let encoded = |text| percent_encoding::utf8_percent_encode(text, ENCODED).to_string();
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_sign_is_a_space_wherever_it_is() {
        for (text, means) in [("+", " "), ("a+b", "a b"), ("%2B+", "+ "), ("%", "%"), ("a", "a")] {
            assert_eq!(decoded(text).as_deref(), Ok(means), "{text}");
        }
    }
}
