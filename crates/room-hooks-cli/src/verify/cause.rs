//! Finds the likeliest cause of a refusal: the part whose correction makes the callback verify.

use std::time::SystemTime;

use room_hooks::{Refusal, testing::Explanation};

use crate::{
    credentials::{FoundSecret, provider_with},
    provider::ProviderName,
};

use super::{
    body,
    read::Request,
    secret::{self, OTHER_SECRETS},
    steps::{Clock, Secret, Time, sent_at, signer, span},
};

/// A refused delivery, and the secrets that may have signed it.
pub(super) struct Suspect<'a> {
    pub(super) request: &'a Request,
    pub(super) body: &'a [u8],
    pub(super) provider: ProviderName,
    /// The app that the callback names or, if it names none, the configured one.
    pub(super) app_id: u64,
    pub(super) given: &'a FoundSecret,
    pub(super) others: &'a [FoundSecret],
    pub(super) explanation: &'a Explanation,
    pub(super) clock: Clock,
}

/// Why the given secret does not produce the presented signature.
pub(super) struct Mismatch {
    pub(super) cause: String,
    pub(super) culprit: Culprit,
}

/// The part to correct for the signatures to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Culprit {
    Secret,
    Body,
    Unknown,
}

impl Suspect<'_> {
    /// Finds out why the given secret does not produce the presented signature.
    pub(super) fn why_wrong(&self) -> Mismatch {
        if let Some(cause) = self.another_secret(self.body) {
            return Mismatch { cause, culprit: Culprit::Secret };
        }
        for variant in body::variants(self.provider, self.body, self.explanation) {
            let what = variant.what;
            if self.signs(&self.given.text, &variant.body) {
                return Mismatch { cause: what.to_owned(), culprit: Culprit::Body };
            }
            if let Some(cause) = self.another_secret(&variant.body) {
                return Mismatch {
                    cause: format!("{cause}; and {what}"),
                    culprit: Culprit::Secret,
                };
            }
        }
        Mismatch { cause: self.wrong_secret(), culprit: Culprit::Unknown }
    }

    /// The causes, likeliest first. A wrong secret comes before a wrong time, because correcting
    /// only the time would not help.
    pub(super) fn causes(
        &self,
        refusal: &Refusal,
        secret: &Secret,
        mismatch: Option<&Mismatch>,
        time: Time,
    ) -> Vec<String> {
        let mut causes = Vec::new();
        match refusal {
            Refusal::Stale { age } => causes.push(match time {
                Time::Old { .. } => "a replay: an attacker moved digits between an old timestamp \
                                     and nonce, which keeps the signature valid"
                    .to_owned(),
                _ if self.clock.is_of_this_machine() => format!(
                    "the capture does not say when it arrived: with --at {} it verifies. If it has \
                     just arrived, it is a replay, or a clock is wrong",
                    self.sent_at()
                ),
                _ => format!(
                    "a replay, or a wrong clock: it was sent {} before {}. Everything else is \
                     right: with --at {} it verifies",
                    span(*age),
                    self.clock.name,
                    self.sent_at()
                ),
            }),
            Refusal::TimestampInFuture { ahead } if self.clock.is_of_this_machine() => {
                causes.push(format!(
                    "this machine's clock is behind, or the sender's is ahead, by {}",
                    span(*ahead)
                ));
            }
            Refusal::TimestampInFuture { ahead } => causes.push(format!(
                "a wrong clock: it was sent {} after {}. Everything else is right: with --at {} it \
                 verifies",
                span(*ahead),
                self.clock.name,
                self.sent_at()
            )),
            Refusal::BodyCompressed { encoding } => causes.push(self.compressed(encoding)),
            Refusal::Malformed { what } => causes.push(self.malformed(what)),
            Refusal::WrongSignature => causes.extend(mismatch.map(|wrong| wrong.cause.clone())),
            Refusal::UnknownApp => causes.push(self.unknown_app(secret, mismatch)),
            Refusal::NotSigned { .. } if self.signed_by_another().is_some() => {
                causes.extend(self.signed_by_another());
            }
            _ => causes.extend(self.by_kind(refusal).map(str::to_owned)),
        }
        let is_about_time =
            matches!(refusal, Refusal::Stale { .. } | Refusal::TimestampInFuture { .. });
        if let (Time::Stale { .. }, false) = (time, is_about_time) {
            causes.push(format!(
                "with that corrected, the time is still wrong: pass --at {}, the time at which it \
                 was sent",
                self.sent_at()
            ));
        }
        causes
    }

    /// The time at which the callback was sent, in Unix seconds.
    fn sent_at(&self) -> u64 {
        let since_epoch = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
        let sent_at = sent_at(self.provider, self.explanation).and_then(since_epoch);
        sent_at.unwrap_or_default().as_secs()
    }

    /// Describes a callback that was sent to the path of another provider.
    fn signed_by_another(&self) -> Option<String> {
        let sender = self.request.signed_by().filter(|sender| *sender != self.provider)?;
        Some(format!("a callback from {sender} that was sent to the path of {}", self.provider))
    }

    /// The cause that the kind of refusal alone suggests.
    fn by_kind(&self, refusal: &Refusal) -> Option<&'static str> {
        let query = self.request.query.as_deref().unwrap_or_default();
        Some(match (refusal, self.provider) {
            (Refusal::NotSigned { .. }, ProviderName::Zego) => {
                "not a callback from ZEGO, or a proxy removed members of its body"
            }
            (Refusal::NotSigned { .. }, ProviderName::Tencent) if query.contains("&amp;") => {
                "the query was escaped for HTML: replace each `&amp;` in it with `&`"
            }
            (Refusal::NotSigned { .. }, ProviderName::Tencent) => {
                "the console has no token (in that case, use `Tencent::dangerous_unsigned`), or a \
                 proxy removed the query"
            }
            (Refusal::NotSigned { .. }, ProviderName::Trtc) => {
                "the console has no key, or a proxy removed the headers"
            }
            (Refusal::CommandsDiffer, _) => {
                "a proxy changed the query or the body, or the callback is forged"
            }
            (Refusal::BodyTooLarge, _) => {
                "not a callback, or the receiver allows more than 1 MiB with `with_body_limit`"
            }
            (Refusal::DuplicateParameter, _) => {
                "a proxy added a duplicate, or the callback is forged"
            }
            _ => return None,
        })
    }

    fn unknown_app(&self, secret: &Secret, mismatch: Option<&Mismatch>) -> String {
        match (secret, mismatch) {
            (Secret::OfAnotherApp { named, .. }, _) => format!(
                "the wrong --app-id: with {named}, the app that the callback names, it verifies"
            ),
            (_, Some(Mismatch { cause, culprit: Culprit::Secret })) => {
                format!("the wrong --app-id: the callback names {}; and {cause}", self.app_id)
            }
            _ => "another app's callback: neither the app id nor the secret given here matches it"
                .to_owned(),
        }
    }

    fn wrong_secret(&self) -> String {
        if self.given.is_example {
            return "no secret was given, and the demonstration secret of the examples did not sign \
                    it".to_owned();
        }
        let cause = match self.provider {
            ProviderName::Zego => {
                "the wrong secret: ZEGO signs with the console's CallbackSecret, not with the \
                 ServerSecret or the AppSign"
            }
            ProviderName::Tencent => {
                "the wrong token: Tencent signs with the authentication token in the console's \
                 webhook settings"
            }
            ProviderName::Trtc => {
                "the wrong key, or a changed body: TRTC signs the body with the console's callback \
                 key, not with the SDKSecretKey"
            }
        };
        let source = &self.given.source;
        if let Some((variable, name)) = secret::same_as(self.provider, &self.given.text) {
            return format!(
                "{cause}. {source} has the same value as {variable} ({name}, judging by its name)"
            );
        }
        match secret::suspicion(self.provider, &self.given.text) {
            Some(suspicion) => format!("{cause}. {suspicion}"),
            None => cause.to_owned(),
        }
    }

    /// Looks for a corrected secret, or another secret, that produces the signature with this body.
    fn another_secret(&self, body: &[u8]) -> Option<String> {
        let corrected = |given: &FoundSecret| {
            let mut candidates = secret::candidates(&given.text).into_iter();
            candidates.find(|candidate| self.signs(&candidate.text, body))
        };
        if let Some(candidate) = corrected(self.given).filter(|found| !found.correction.is_empty())
        {
            let source = &self.given.source;
            return Some(format!(
                "{source} does not contain the secret as the console shows it: {}, and it verifies",
                candidate.correction
            ));
        }
        for other in self.others {
            let file = &other.source;
            match corrected(other) {
                Some(found) if found.correction.is_empty() => {
                    return Some(format!(
                        "the wrong secret: {file} contains the one that signed it"
                    ));
                }
                Some(found) => {
                    let correction = found.correction;
                    return Some(format!(
                        "the wrong secret: {file} contains the one that signed it, once you \
                         {correction}"
                    ));
                }
                None => {}
            }
        }
        let (variable, name) = OTHER_SECRETS.into_iter().find(|(variable, _)| {
            std::env::var(variable).is_ok_and(|value| self.signs(value.trim(), body))
        })?;
        (self.given.source != variable).then(|| {
            format!(
                "the wrong secret: the variable {variable} ({name}, judging by its name) contains \
                 the one that signed it"
            )
        })
    }

    /// Whether a secret produces the presented signature.
    fn signs(&self, secret: &str, body: &[u8]) -> bool {
        provider_with(self.provider, self.app_id, secret.trim()).is_ok_and(|provider| {
            signer(&provider.explain(self.request.delivery_with(body))).is_some()
        })
    }

    fn compressed(&self, encoding: &str) -> String {
        let given = &self.given.text;
        match body::decompressed(self.body) {
            Some(Ok((name, plain))) if self.signs(given, &plain) => format!(
                "a proxy compressed the body with {name}: decompressed, it verifies. Disable \
                 request compression: no platform compresses callbacks"
            ),
            Some(Ok((name, plain))) => match self.another_secret(&plain) {
                Some(cause) => format!("a proxy compressed the body with {name}; and {cause}"),
                None => format!(
                    "a proxy compressed the body with {name}, and the secret is wrong: \
                     decompressed, it does not verify either"
                ),
            },
            Some(Err(why)) => format!("a proxy compressed the body, and {why}"),
            None if self.signs(given, self.body) => format!(
                "a header says that the body is compressed with {encoding}, but it is not, and it \
                 verifies: a proxy decompressed the body and left the header. Remove the header too"
            ),
            None if ["br", "zstd", "compress", "unknown"].contains(&encoding) => format!(
                "a proxy compressed the body with {encoding}, which `verify` cannot decompress: \
                 decompress it into a file, and pass that with --body-file"
            ),
            None => format!(
                "a header says that the body is compressed with {encoding}, but it is not: \
                 a proxy decompressed it, and may have changed it. The secret may be wrong, too"
            ),
        }
    }

    fn malformed(&self, what: &str) -> String {
        if body::decompressed(self.body).is_some() {
            return self.compressed("gzip");
        }
        if let Some(cause) = self.signed_by_another() {
            return cause;
        }
        if what.contains("canonical") {
            return "a proxy rewrote a number: it has a sign, a leading zero, a fraction or an \
                    exponent"
                .to_owned();
        }
        if String::from_utf8_lossy(self.body).contains("\"SignatureNonce\"") {
            return "a mini-game callback: it is signed in a different way, which is not supported"
                .to_owned();
        }
        let cause = match (self.body.trim_ascii_start().first(), self.provider) {
            (Some(b'{' | b'%'), _) if what.contains("names no event") => {
                "JSON, but not a callback: no member names an event"
            }
            (Some(b'{' | b'%'), _) => "the body was cut off or changed in transit",
            (_, ProviderName::Zego) => {
                "not a callback from ZEGO: its bodies are JSON, percent-encoded JSON or, in form \
                 mode, a form with an `event`"
            }
            _ => "not a callback from Tencent: its bodies are JSON",
        };
        cause.to_owned()
    }
}
