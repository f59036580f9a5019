//! The secrets that may be meant, if the given one was pasted incorrectly.

use std::{borrow::Cow, env};

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::provider::ProviderName;

/// A secret to try. It does not implement `Debug`, so it cannot be printed by mistake.
pub(super) struct Candidate {
    /// How to turn the given secret into this one; empty for the given secret itself.
    pub(super) correction: String,
    pub(super) text: String,
}

/// The maximum number of layers to remove. No mistake in pasting adds more.
const MAX_LAYERS: usize = 8;

/// The outermost part that does not seem to belong to a secret, such as quotation marks.
pub(crate) fn oddity(secret: &str) -> Option<&'static str> {
    without_layer(secret).map(|(layer, _)| layer)
}

/// The secret as given, and its likely corrections.
pub(super) fn candidates(given: &str) -> Vec<Candidate> {
    let mut candidates =
        vec![Candidate { correction: String::new(), text: given.trim().to_owned() }];
    let mut add = |correction: String, text: &str| {
        if !text.is_empty() && candidates.iter().all(|known| known.text != text) {
            candidates.push(Candidate { correction, text: text.to_owned() });
        }
    };
    // Layer by layer, because `export X="…"` has several.
    let (mut core, mut layers) = (given, Vec::new());
    while layers.len() < MAX_LAYERS
        && let Some((layer, inside)) = without_layer(core)
    {
        layers.push(layer);
        core = inside;
        add(format!("remove {}", layers.join(", then ")), core.trim());
    }
    let lines: Vec<_> = given.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let [_, _, ..] = lines[..] {
        for (nth, line) in (1..).zip(lines.into_iter().take(10)) {
            add(format!("keep only its line {nth}"), line);
        }
    }
    let first = match layers.is_empty() {
        true => String::new(),
        false => format!("remove {}, then ", layers.join(", then ")),
    };
    let core = core.trim();
    for (what, text) in recoded(core) {
        add(format!("{first}{what}"), &text);
    }
    candidates
}

/// The outermost part that does not belong to a secret, and the text without it.
fn without_layer(text: &str) -> Option<(&'static str, &str)> {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        return Some(("the white space around it", trimmed));
    }
    if text.contains('\u{feff}') {
        return Some(("the byte order mark", text.trim_matches('\u{feff}')))
            .filter(|(_, inside)| inside.len() < text.len());
    }
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('<', '>')]
    {
        let inside = text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        // In `"name": "secret"`, the outer quotation marks are not a pair.
        if let Some(inside) = inside.filter(|inside| !inside.contains(open)) {
            return Some(("the quotation marks", inside));
        }
    }
    if let Some(inside) = text.strip_suffix([';', ',']) {
        return Some(("the punctuation at its end", inside));
    }
    for prefix in ["export ", "set ", "$env:", "Bearer ", "bearer "] {
        if let Some(inside) = text.strip_prefix(prefix) {
            return Some(("the word before it", inside));
        }
    }
    // The value must not be empty: the `=` at the end of base64 is padding, and nothing follows it.
    let (name, value) = text.split_once(['=', ':'])?;
    let name = name.trim().trim_matches('"');
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte));
    (is_name && !value.trim_matches('=').is_empty()).then_some(("the name before it", value))
}

/// The secret in other encodings and letter cases.
fn recoded(secret: &str) -> Vec<(&'static str, String)> {
    let bytes = secret.as_bytes();
    let from_base64 = || {
        let digits = secret.trim_end_matches('=').as_bytes();
        BASE64_NOPAD.decode(digits).or_else(|_| BASE64URL_NOPAD.decode(digits)).ok()
    };
    let decoded = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let percent = percent_encoding::percent_decode_str(secret).decode_utf8();
    let variants = [
        ("decode it from base64", decoded(from_base64())),
        ("decode it from hexadecimal", decoded(HEXLOWER_PERMISSIVE.decode(bytes).ok())),
        ("percent-decode it", percent.ok().map(Cow::into_owned)),
        ("write it in lower case", Some(secret.to_lowercase())),
        ("write it in upper case", Some(secret.to_uppercase())),
        ("encode it in base64", Some(BASE64.encode(bytes))),
        ("encode it in hexadecimal", Some(HEXLOWER.encode(bytes))),
    ];
    let known = variants.into_iter().filter_map(|(what, text)| Some((what, text?)));
    known.map(|(what, text)| (what, text.trim().to_owned())).collect()
}

/// The variables that often contain the secrets of an app, and the secret's name in the console.
pub(super) const OTHER_SECRETS: [(&str, &str); 12] = [
    ("ZEGO_CALLBACK_SECRET", "ZEGO's CallbackSecret"),
    ("ZEGO_SERVER_SECRET", "ZEGO's ServerSecret"),
    ("ZEGO_SERVERSECRET", "ZEGO's ServerSecret"),
    ("ZEGO_APP_SIGN", "ZEGO's AppSign"),
    ("ZEGO_APPSIGN", "ZEGO's AppSign"),
    ("TENCENT_TOKEN", "Tencent's webhook token"),
    ("TENCENT_SECRET_KEY", "Tencent Cloud's API SecretKey"),
    ("TENCENTCLOUD_SECRET_KEY", "Tencent Cloud's API SecretKey"),
    ("TRTC_KEY", "TRTC's callback key"),
    ("TRTC_SDK_SECRET_KEY", "TRTC's SDKSecretKey"),
    ("TRTC_SECRET_KEY", "TRTC's SDKSecretKey"),
    ("SDK_SECRET_KEY", "TRTC's SDKSecretKey"),
];

/// A variable that has the same value as the secret, although it is meant for a different secret.
pub(super) fn same_as(
    provider: ProviderName,
    secret: &str,
) -> Option<(&'static str, &'static str)> {
    let right = match provider {
        ProviderName::Zego => "ZEGO_CALLBACK_SECRET",
        ProviderName::Tencent => "TENCENT_TOKEN",
        ProviderName::Trtc => "TRTC_KEY",
    };
    let has_secret = |name: &str| env::var(name).is_ok_and(|value| value.trim() == secret.trim());
    OTHER_SECRETS.into_iter().find(|(name, _)| *name != right && has_secret(name))
}

/// A guess from the shape of a secret. It proves nothing.
pub(super) fn suspicion(provider: ProviderName, secret: &str) -> Option<&'static str> {
    let secret = secret.trim();
    let is_hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    match provider {
        ProviderName::Zego if is_hex && secret.len() == 64 => {
            Some("It has 64 hexadecimal digits, like an AppSign")
        }
        ProviderName::Zego if is_hex && secret.len() == 32 => Some(
            "It has 32 hexadecimal digits, like a ServerSecret and a CallbackSecret, so its shape \
             does not distinguish them",
        ),
        ProviderName::Trtc if is_hex && secret.len() == 64 => Some(
            "It has 64 hexadecimal digits, like an SDKSecretKey; a callback key has at most 32 \
             characters",
        ),
        ProviderName::Trtc if secret.len() > 32 => {
            Some("It is longer than 32 characters, the maximum for a callback key")
        }
        ProviderName::Tencent if secret.len() > 128 => {
            Some("It is longer than 128 characters, the maximum for a token")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_what_was_pasted() {
        for (given, correction) in [
            ("s3cret+/x", ""),
            (" s3cret+/x\n", ""),
            ("\u{feff}s3cret+/x", "remove the byte order mark"),
            ("'s3cret+/x'", "remove the quotation marks"),
            ("CallbackSecret=s3cret+/x", "remove the name before it"),
            (
                "export ZEGO_CALLBACK_SECRET=\"s3cret+/x\";",
                "remove the punctuation at its end, then the word before it, then the name before \
                 it, then the quotation marks",
            ),
            ("\"CallbackSecret\": \"s3cret+/x\"", "then the quotation marks"),
            ("Bearer s3cret+/x", "remove the word before it"),
            ("czNjcmV0Ky94", "decode it from base64"),
            ("7333637265742b2f78", "decode it from hexadecimal"),
            ("7333637265742B2F78", "decode it from hexadecimal"),
            ("s3cret%2B/x", "percent-decode it"),
            ("S3CRET+/X", "write it in lower case"),
            ("X=\"czNjcmV0Ky94\"", "then decode it from base64"),
            ("ServerSecret\ns3cret+/x", "keep only its line 2"),
        ] {
            let found = candidates(given);
            let found = found.iter().find(|candidate| candidate.text == "s3cret+/x").expect(given);
            let is_right = match correction {
                "" => true,
                correction => found.correction.ends_with(correction),
            };
            assert!(is_right, "{given}: {}", found.correction);
        }
        for encoded in ["czNjcmV0Ky94", "7333637265742b2f78", "S3CRET+/X"] {
            assert!(candidates("s3cret+/x").iter().any(|candidate| candidate.text == encoded));
        }
    }

    #[test]
    fn odd_secrets_have_few_candidates_and_no_empty_one_but_themselves() {
        for odd in [
            "\u{feff}",
            "\"",
            "\"\"",
            "=",
            "a=",
            "====",
            ": :",
            "é=é",
            "\u{feff}x\u{feff}y",
            "YQ==",
        ] {
            let found = candidates(odd);
            assert!(found.len() < 20, "{odd:?}");
            assert!(found[1..].iter().all(|candidate| !candidate.text.is_empty()), "{odd:?}");
        }
    }
}
