//! The bodies that may have been sent, if something changed the body in transit.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use room_hooks::testing::Explanation;
use serde_json::Value;

use crate::provider::ProviderName;

use super::layout;

/// The maximum size of a decompressed body. By default, receivers accept no larger one.
const MAX_EXPANDED: u64 = 1024 * 1024;

/// The maximum size of a body to vary. A callback has a few kB, and each attempt hashes the body
/// once per secret.
const MAX_VARIED: usize = 64 * 1024;

/// A body to try, and how it differs from the captured one.
pub(super) struct Variant {
    pub(super) what: &'static str,
    pub(super) body: Vec<u8>,
}

/// The bodies that a proxy or another program may have turned into this one, in the order in which
/// to try them.
pub(super) fn variants<'a>(
    provider: ProviderName,
    body: &'a [u8],
    explanation: &'a Explanation,
) -> Box<dyn Iterator<Item = Variant> + 'a> {
    match provider {
        ProviderName::Zego => Box::new(digits(explanation).into_iter()),
        // The body is not signed.
        ProviderName::Tencent => Box::new(std::iter::empty()),
        ProviderName::Trtc if body.len() > MAX_VARIED => Box::new(std::iter::empty()),
        ProviderName::Trtc => {
            let decompressed = decompressed(body).and_then(Result::ok);
            let decompressed = decompressed.map(|(_, body)| Variant {
                what: "the body was compressed in transit: decompressed, it verifies",
                body,
            });
            Box::new(decompressed.into_iter().chain(texts(body, explanation)))
        }
    }
}

/// The compression that the first bytes of a body indicate, and the decompressed body, or why it
/// cannot be decompressed.
pub(super) fn decompressed(body: &[u8]) -> Option<Result<(&'static str, Vec<u8>), &'static str>> {
    let (name, mut decoder): (_, Box<dyn Read + '_>) = match body {
        [0x1f, 0x8b, ..] => ("gzip", Box::new(MultiGzDecoder::new(body))),
        // The two bytes of zlib's header, as a number, are divisible by 31.
        [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0 => {
            ("deflate", Box::new(ZlibDecoder::new(body)))
        }
        _ => return None,
    };
    let mut plain = Vec::new();
    let read = decoder.by_ref().take(MAX_EXPANDED + 1).read_to_end(&mut plain);
    Some(match read {
        Err(_) => Err("it is cut off or broken"),
        Ok(_) if plain.len() as u64 > MAX_EXPANDED => Err("it expands to more than 1 MiB"),
        Ok(_) => Ok((name, plain)),
    })
}

/// The variants for TRTC, which signs every byte. A proxy that re-serializes JSON changes some
/// bytes, and so does an editor.
fn texts<'a>(body: &'a [u8], explanation: &'a Explanation) -> impl Iterator<Item = Variant> + 'a {
    let text = String::from_utf8_lossy(body).into_owned();
    type Change = (&'static str, fn(&str) -> String);
    let ends: [Change; 5] = [
        ("white space was added around the body: without it, the body verifies", |text| {
            text.trim().to_owned()
        }),
        ("the line break at the end of the body was removed: with it, the body verifies", |text| {
            format!("{}\n", text.trim_end())
        }),
        (
            "the line breaks of the body were changed from LF to CR LF: with LF, it verifies",
            |text| text.replace("\r\n", "\n"),
        ),
        (
            "the line breaks of the body were changed from CR LF to LF: with CR LF, it verifies",
            |text| text.replace('\n', "\r\n"),
        ),
        ("a byte order mark was added before the body: without it, the body verifies", |text| {
            text.trim_start_matches('\u{feff}').to_owned()
        }),
    ];
    let layouts: [Change; 6] = [
        ("the JSON of the body was reformatted: without white space, it verifies", layout::compact),
        (
            "the JSON of the body was reformatted: indented with tabs, as TRTC sends it, it \
             verifies",
            |text| layout::indented(text, "\t", ":\t"),
        ),
        ("the JSON of the body was reformatted: indented by two spaces, it verifies", |text| {
            layout::indented(text, "  ", ": ")
        }),
        ("the JSON of the body was reformatted: indented by four spaces, it verifies", |text| {
            layout::indented(text, "    ", ": ")
        }),
        ("the slashes of the body were unescaped: escaped, it verifies", |text| {
            text.replace('/', "\\/")
        }),
        ("the slashes of the body were escaped: unescaped, it verifies", |text| {
            text.replace("\\/", "/")
        }),
    ];
    // Only JSON that was parsed is known not to be nested too deeply.
    let layouts = layouts.into_iter().filter(|_| explanation.event.is_some());
    ends.into_iter()
        .chain(layouts)
        .map(move |(what, change)| Variant { what, body: change(&text).into_bytes() })
}

/// The variants for ZEGO: a program that parses a timestamp or nonce as a number may lose or add
/// digits when it writes the number.
fn digits(explanation: &Explanation) -> Vec<Variant> {
    let Some(Value::Object(members)) = &explanation.event else { return Vec::new() };
    let text = |wanted: &str| {
        let (_, text) = explanation.read.iter().find(|(name, _)| *name == wanted)?;
        Some(text.clone())
    };
    let (Some(timestamp), Some(nonce)) = (text("timestamp"), text("nonce")) else {
        return Vec::new();
    };
    let in_seconds = timestamp.get(..10).unwrap_or(&timestamp).to_owned();
    let padded = |width: usize| format!("{nonce:0>width$}");
    let variants = [
        ("the timestamp was rewritten: in seconds, it verifies", in_seconds, nonce.clone()),
        (
            "the timestamp was rewritten: in milliseconds, it verifies",
            format!("{timestamp}000"),
            nonce.clone(),
        ),
        (
            "the nonce was rewritten: with its leading zeros, it verifies",
            timestamp.clone(),
            padded(6),
        ),
        (
            "the nonce was rewritten: with its leading zeros, it verifies",
            timestamp.clone(),
            padded(19),
        ),
    ];
    let variants = variants.into_iter().map(|(what, timestamp, nonce)| {
        let mut members = members.clone();
        for (name, digits) in [("timestamp", timestamp), ("nonce", nonce)] {
            let is_spelling = |other: &&String| other.replace('_', "").eq_ignore_ascii_case(name);
            let spelled = members.keys().find(is_spelling).cloned();
            members.insert(spelled.unwrap_or_else(|| name.to_owned()), digits.into());
        }
        Variant { what, body: Value::Object(members).to_string().into_bytes() }
    });
    variants.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_is_expanded_up_to_a_limit() {
        assert_eq!(decompressed(&gzip(b"{}")), Some(Ok(("gzip", b"{}".to_vec()))));
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"{}").unwrap();
        assert_eq!(decompressed(&zlib.finish().unwrap()), Some(Ok(("deflate", b"{}".to_vec()))));
        // A bomb: 17 MiB of zeros take some 17 kB.
        let bomb = gzip(&vec![0; 17 << 20]);
        assert!(bomb.len() < 20_000);
        assert_eq!(decompressed(&bomb), Some(Err("it expands to more than 1 MiB")));
        assert_eq!(decompressed(&gzip(b"{}")[..12]), Some(Err("it is cut off or broken")));
        for plain in [&b""[..], b"{}", b"x", b"\x1f"] {
            assert_eq!(decompressed(plain), None);
        }
    }
}
