//! The likeliest cause of a refusal: what verifies once something is set right was only that.

use std::path::PathBuf;

use room_hooks::{Refusal, testing::Explanation};
use serde_json::Value;

use crate::{
    provider::{Provider, ProviderName},
    recording::Record,
};

use super::layout;

/// A refused delivery, and who might have signed it.
pub(super) struct Suspect<'a> {
    pub(super) record: &'a Record,
    pub(super) body: &'a [u8],
    pub(super) provider: &'a Provider,
    pub(super) others: &'a [(PathBuf, Provider)],
}

impl Suspect<'_> {
    pub(super) fn cause(&self, refusal: &Refusal, explanation: &Explanation) -> Option<String> {
        match refusal {
            Refusal::WrongSignature => Some(self.wrong_signature(explanation)),
            Refusal::Stale { age } => Some(format!(
                "a replay, or a clock that is wrong: it was sent {}. All else is right; with --at the \
                 time of sending it verifies",
                ago(age.as_secs())
            )),
            Refusal::TimestampInFuture { ahead } => Some(format!(
                "this machine's clock is behind, or the sender's ahead, by {} s",
                ahead.as_secs()
            )),
            Refusal::Malformed { what } => Some(self.malformed(what).to_owned()),
            _ => self.by_kind(refusal).map(str::to_owned),
        }
    }

    /// What the kind of refusal alone tells.
    fn by_kind(&self, refusal: &Refusal) -> Option<&'static str> {
        Some(match (refusal, self.record.provider) {
            (Refusal::UnknownApp, _) => {
                "another app's callback, or a wrong --app-id: compare the id above with the console"
            }
            (Refusal::NotSigned { .. }, ProviderName::Zego) => {
                "no callback of ZEGO's, or something on the way dropped members of its body"
            }
            (Refusal::NotSigned { .. }, ProviderName::Tencent) => {
                "no token is set in the console (then the receiver is `Tencent::dangerous_unsigned`), or a proxy \
                 dropped the query"
            }
            (Refusal::NotSigned { .. }, ProviderName::Trtc) => {
                "no key is set in the console, or a proxy dropped the headers"
            }
            (Refusal::CommandsDiffer, _) => {
                "a proxy changed the query or the body, or it is forged"
            }
            _ => return None,
        })
    }

    fn wrong_signature(&self, explanation: &Explanation) -> String {
        let signed = |(_, provider): &&(PathBuf, Provider)| {
            matches(&provider.explain(self.record.as_delivery(self.body)))
        };
        if let Some((file, _)) = self.others.iter().find(signed) {
            return format!("the wrong secret: {} holds the one that signed", file.display());
        }
        let written_anew = match self.record.provider {
            ProviderName::Zego => self.digits_written_anew(explanation),
            ProviderName::Tencent => None,
            ProviderName::Trtc => self.body_written_anew(explanation),
        };
        written_anew.unwrap_or_else(|| {
            match self.record.provider {
                ProviderName::Zego => {
                    "the wrong secret: it is the console's CallbackSecret, not the ServerSecret and not \
                     the AppSign"
                }
                ProviderName::Tencent => {
                    "the wrong token: it is the authentication token of the console's webhooks"
                }
                ProviderName::Trtc => {
                    "the wrong key: it is the callback key of the console's TRTC application, not its \
                     SDKSecretKey; or the body was changed on the way"
                }
            }
            .to_owned()
        })
    }

    /// A program that reads a timestamp or nonce as a number and writes it again may lose or add digits.
    fn digits_written_anew(&self, explanation: &Explanation) -> Option<String> {
        let Some(Value::Object(members)) = &explanation.event else { return None };
        let text = |wanted: &str| {
            let (_, text) = explanation.read.iter().find(|(name, _)| *name == wanted)?;
            Some(text.clone())
        };
        let (timestamp, nonce) = (text("timestamp")?, text("nonce")?);
        let in_seconds = timestamp.get(..10).unwrap_or(&timestamp).to_owned();
        let padded = |width: usize| format!("{nonce:0>width$}");
        let variants = [
            ("the timestamp was in seconds", in_seconds, nonce.clone()),
            ("the timestamp was in milliseconds", format!("{timestamp}000"), nonce.clone()),
            ("the nonce had leading zeros", timestamp.clone(), padded(6)),
            ("the nonce had leading zeros", timestamp.clone(), padded(19)),
        ];
        variants.into_iter().find_map(|(what, timestamp, nonce)| {
            let mut members = members.clone();
            for (name, digits) in [("timestamp", timestamp), ("nonce", nonce)] {
                let is_spelling =
                    |other: &&String| other.replace('_', "").eq_ignore_ascii_case(name);
                let spelled = members.keys().find(is_spelling).cloned();
                members.insert(spelled.unwrap_or_else(|| name.to_owned()), digits.into());
            }
            let body = Value::Object(members).to_string();
            let explained = self.provider.explain(self.record.as_delivery(body.as_bytes()));
            matches(&explained).then(|| format!("digits were written anew on the way: {what}"))
        })
    }

    /// A proxy that reads JSON and writes it again, or an editor, changes what is signed.
    fn body_written_anew(&self, explanation: &Explanation) -> Option<String> {
        let text = String::from_utf8_lossy(self.body).into_owned();
        let ends: [(&str, &dyn Fn() -> String); 5] = [
            ("without white space around it", &|| text.trim().to_owned()),
            ("with a final newline", &|| format!("{}\n", text.trim_end())),
            ("with line ends of LF alone", &|| text.replace("\r\n", "\n")),
            ("with line ends of CR LF", &|| text.replace('\n', "\r\n")),
            ("without a byte order mark", &|| text.trim_start_matches('\u{feff}').to_owned()),
        ];
        let layouts: [(&str, &dyn Fn() -> String); 6] = [
            ("without white space in it", &|| layout::compact(&text)),
            ("indented by tabs, as TRTC writes it", &|| layout::indented(&text, "\t", ":\t")),
            ("indented by two spaces", &|| layout::indented(&text, "  ", ": ")),
            ("indented by four spaces", &|| layout::indented(&text, "    ", ": ")),
            ("with its slashes escaped", &|| text.replace('/', "\\/")),
            ("with its slashes bare", &|| text.replace("\\/", "/")),
        ];
        // Only what could be read as JSON has a depth that somebody has looked at.
        let layouts = layouts.into_iter().filter(|_| explanation.event.is_some());
        ends.into_iter().chain(layouts).find_map(|(what, body)| {
            let explained = self.provider.explain(self.record.as_delivery(body().as_bytes()));
            matches(&explained)
                .then(|| format!("the body was written anew on the way: {what}, it verifies"))
        })
    }

    fn malformed(&self, what: &str) -> &'static str {
        if what.contains("canonical") {
            return "digits were written anew on the way: with a sign, a zero, a fraction or an exponent";
        }
        if String::from_utf8_lossy(self.body).contains("\"SignatureNonce\"") {
            return "a mini game's callback: it is signed in another way, which is not supported";
        }
        match (self.body.trim_ascii_start().first(), self.record.provider) {
            (Some(b'{' | b'%'), _) if what.contains("names no event") => {
                "JSON, but no callback: it has no member that names an event"
            }
            (Some(b'{' | b'%'), _) => "the body was cut off, or rewritten on the way",
            (_, ProviderName::Zego) => {
                "no callback of ZEGO's: its bodies are JSON, percent-encoded JSON or, where form mode is \
                 on, a form with an `event`"
            }
            _ => "no callback of Tencent's: its bodies are JSON",
        }
    }
}

/// Whether one of the secrets gives the signature that came.
fn matches(explanation: &Explanation) -> bool {
    let presented = explanation.presented.as_deref().unwrap_or_default();
    explanation.expected.iter().any(|expected| {
        // Hex is in either case, base64 is not.
        expected.signature == presented || expected.signature == presented.to_ascii_lowercase()
    })
}

fn ago(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
