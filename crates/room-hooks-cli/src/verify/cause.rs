//! The likeliest cause of a refusal: what verifies once something is set right was only that.

use std::path::PathBuf;

use room_hooks::{Delivery, Refusal, testing::Explanation};
use serde_json::Value;

use crate::{
    player::{Player, ProviderName},
    recording::Record,
};

use super::layout;

/// A refused delivery, and who might have signed it.
pub(super) struct Suspect<'a> {
    pub(super) record: &'a Record,
    pub(super) body: &'a [u8],
    pub(super) player: &'a Player,
    pub(super) others: &'a [(PathBuf, Player)],
}

impl Suspect<'_> {
    pub(super) fn causes(&self, refusal: &Refusal, explanation: &Explanation) -> Vec<String> {
        match refusal {
            Refusal::WrongSignature => self.wrong_signature(explanation),
            Refusal::Stale { age } => vec![format!(
                "a replay, or a clock that is wrong: it was sent {}. All else is right; with --at the \
                 time of sending it verifies",
                ago(age.as_secs())
            )],
            Refusal::FromTheFuture { ahead } => vec![format!(
                "this machine's clock is behind, or the sender's ahead, by {} s",
                ahead.as_secs()
            )],
            Refusal::UnknownApp { .. } => vec![
                "another app's callback, or a wrong --app-id: compare the id above with the console"
                    .to_owned(),
            ],
            Refusal::NotSigned { .. } => vec![match self.record.provider {
                ProviderName::Zego => {
                    "no callback of ZEGO's, or something on the way dropped members of \
                                       its body"
                        .to_owned()
                }
                ProviderName::Tencent => "no token is set in the console (then the receiver is \
                                          `Tencent::unsigned`), or a proxy dropped the query"
                    .to_owned(),
                ProviderName::Trtc => {
                    "no key is set in the console, or a proxy dropped the headers".to_owned()
                }
            }],
            Refusal::Malformed { .. } => self.malformed(explanation),
            Refusal::CommandsDiffer => {
                vec!["a proxy changed the query or the body, or it is forged".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn wrong_signature(&self, explanation: &Explanation) -> Vec<String> {
        for (file, player) in self.others {
            if matches(&player.explain(self.record.as_delivery(self.body))) {
                let file = file.display();
                return vec![format!("the wrong secret: {file} holds the one that signed")];
            }
        }
        let mut causes: Vec<_> = match self.record.provider {
            ProviderName::Zego => self.digits_written_anew(explanation).into_iter().collect(),
            ProviderName::Tencent => Vec::new(),
            ProviderName::Trtc => self.body_written_anew().into_iter().collect(),
        };
        if causes.is_empty() {
            causes.push(match self.record.provider {
                ProviderName::Zego => "the wrong secret: it is the console's CallbackSecret, not the \
                                       ServerSecret and not the AppSign"
                    .to_owned(),
                ProviderName::Tencent => {
                    "the wrong token: it is the authentication token of the console's webhooks"
                        .to_owned()
                }
                ProviderName::Trtc => "the wrong key: it is the callback key of the console's TRTC \
                                       application, not its SDKSecretKey; or the body was changed on \
                                       the way"
                    .to_owned(),
            });
        }
        causes
    }

    /// Whoever reads a timestamp or nonce as a number and writes it again may lose or add something.
    fn digits_written_anew(&self, explanation: &Explanation) -> Option<String> {
        let Some(Value::Object(members)) = &explanation.event else { return None };
        let text = |name: &str| Some(members.get(name)?.to_string().trim_matches('"').to_owned());
        let (timestamp, nonce) = (text("timestamp")?, text("nonce")?);
        let whole = |digits: &str| digits.split('.').next().unwrap_or_default().to_owned();
        let in_seconds = timestamp.get(..10).unwrap_or(&timestamp).to_owned();
        let padded = |width: usize| format!("{nonce:0>width$}");
        let variants = [
            ("the timestamp had no fraction", whole(&timestamp), nonce.clone()),
            ("the timestamp was in seconds", in_seconds, nonce.clone()),
            ("the timestamp was in milliseconds", format!("{timestamp}000"), nonce.clone()),
            ("the nonce had leading zeros", timestamp.clone(), padded(6)),
            ("the nonce had leading zeros", timestamp.clone(), padded(19)),
            ("the nonce had no fraction", timestamp.clone(), whole(&nonce)),
        ];
        variants.into_iter().find_map(|(what, timestamp, nonce)| {
            let mut members = members.clone();
            members.insert("timestamp".to_owned(), timestamp.into());
            members.insert("nonce".to_owned(), nonce.into());
            let body = Value::Object(members).to_string();
            let explained = self.player.explain(Delivery::new("", &(), body.as_bytes()));
            matches(&explained).then(|| format!("digits were written anew on the way: {what}"))
        })
    }

    /// A proxy that reads JSON and writes it again, or an editor, changes what is signed.
    fn body_written_anew(&self) -> Option<String> {
        let text = String::from_utf8_lossy(self.body).into_owned();
        let variants = [
            ("without white space around it", text.trim().to_owned()),
            ("with a final newline", format!("{}\n", text.trim_end())),
            ("with line ends of LF alone", text.replace("\r\n", "\n")),
            ("with line ends of CR LF", text.replace('\n', "\r\n")),
            ("without a byte order mark", text.trim_start_matches('\u{feff}').to_owned()),
            ("without white space in it", layout::compact(&text)),
            ("indented by tabs, as TRTC writes it", layout::indented(&text, "\t", ":\t")),
            ("indented by two spaces", layout::indented(&text, "  ", ": ")),
            ("indented by four spaces", layout::indented(&text, "    ", ": ")),
        ];
        variants.into_iter().find_map(|(what, body)| {
            let explained = self.player.explain(self.record.as_delivery(body.as_bytes()));
            matches(&explained)
                .then(|| format!("the body was written anew on the way: {what}, it verifies"))
        })
    }

    fn malformed(&self, explanation: &Explanation) -> Vec<String> {
        let body = self.body.trim_ascii_start();
        vec![if explanation.event.is_none() {
            match body.first() {
                Some(b'{' | b'%') => "the body was cut off, or rewritten on the way".to_owned(),
                _ if self.record.provider == ProviderName::Zego => {
                    "no callback of ZEGO's: its bodies are JSON, percent-encoded JSON or, where form mode \
                     is on, a form with an `event`"
                        .to_owned()
                }
                _ => "no callback of Tencent's: its bodies are JSON".to_owned(),
            }
        } else {
            "digits were reformatted on the way (a sign, a zero, a fraction or an exponent), or the \
             body was rewritten"
                .to_owned()
        }]
    }
}

/// Whether one of the secrets gives the signature that came.
fn matches(explanation: &Explanation) -> bool {
    let claimed = explanation.claimed.as_deref().unwrap_or_default();
    explanation.expected.iter().any(|expected| {
        // Hex is in either case, base64 is not.
        expected.signature == claimed || expected.signature == claimed.to_ascii_lowercase()
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
