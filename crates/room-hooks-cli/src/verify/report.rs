//! The report of a verification.

use room_hooks::{Refusal, testing::Explanation};

use crate::provider::{ProviderName, Received};

use super::{read::Request, steps::Gap};

/// The result for a request, step by step.
pub(crate) struct Report {
    /// The provider, and the size of the body.
    pub(crate) heading: String,
    /// The values read, signed, expected and presented, and whether the secret and the time are
    /// right.
    pub(crate) steps: Vec<Step>,
    /// Absent if the capture has too few parts to prove anything.
    pub(crate) verdict: Option<Verdict>,
    /// The causes and remedies, each with a label such as `likely`.
    pub(crate) advice: Vec<(&'static str, String)>,
}

/// A step of a verification.
pub(crate) struct Step {
    /// Empty if the previous step continues.
    pub(crate) step: &'static str,
    /// The part of the step, if it has several.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The result of a verification.
pub(crate) struct Verdict {
    /// Whether all parts that the capture has verify.
    pub(crate) is_good: bool,
    /// The result in a word or two, such as `refused`.
    pub(crate) word: &'static str,
    /// The text after the word.
    pub(crate) rest: String,
}

impl Report {
    pub(super) fn new(provider: ProviderName, request: &Request) -> Self {
        let body = match &request.body {
            Some(body) => format!("a body of {} bytes", body.len()),
            None => "no body".to_owned(),
        };
        let place = request.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let heading = format!("{provider}, {body}{place}");
        Self { heading, steps: Vec::new(), verdict: None, advice: Vec::new() }
    }

    pub(super) fn with_step(mut self, step: &'static str, text: String) -> Self {
        self.add(step, "", text);
        self
    }

    fn add(&mut self, step: &'static str, name: &str, text: String) {
        self.steps.push(Step { step, name: name.to_owned(), text });
    }

    /// Adds the values read, the signed text, and the expected and presented signatures.
    pub(super) fn with_explanation(
        mut self,
        provider: ProviderName,
        explanation: &Explanation,
    ) -> Self {
        let digest = match provider {
            ProviderName::Zego => "SHA-1 of, sorted",
            ProviderName::Tencent => "SHA-256 of",
            ProviderName::Trtc => "HMAC-SHA-256",
        };
        for (nth, (name, text)) in explanation.read.iter().enumerate() {
            self.add(if nth == 0 { "read" } else { "" }, name, text.clone());
        }
        for expected in &explanation.expected {
            let name = format!("app {}, {}", expected.app_id, expected.secret);
            self.add("signed", digest, expected.signed.join(" + "));
            self.add("expected", &name, expected.signature.clone());
        }
        let presented = explanation.presented.as_deref().unwrap_or("no signature");
        self.add("got", "", presented.to_owned());
        self
    }

    /// Completes the report of a capture that proves nothing.
    pub(super) fn unknown(mut self, gap: &Gap) -> Self {
        self.shorten_expected();
        let advice = vec![("instead", gap.advice.to_owned())];
        Self { advice, ..self.with_step("secret", format!("unknown: {}", gap.why)) }
    }

    /// Shortens each expected signature, which remains long enough to compare. A whole one would
    /// let every reader of the report make the callback authentic.
    fn shorten_expected(&mut self) {
        for Step { text, .. } in self.steps.iter_mut().filter(|step| step.step == "expected") {
            *text = format!("{}…", text.chars().take(8).collect::<String>());
        }
    }

    /// Completes the report of a callback that verifies. `None` means a console's probe.
    pub(super) fn verified(self, request: &Request, received: Option<Received>) -> Self {
        let what = received.map_or("a console's probe".to_owned(), |received| {
            let room = received.room_id.map(|room| format!(" in room {room}"));
            let unreadable = received
                .unreadable
                .map(|reason| format!(", whose unsigned body cannot be read: {reason}"));
            [received.event, room.unwrap_or_default(), unreadable.unwrap_or_default()].concat()
        });
        let advice = despite(request).map(|text| ("but", text)).into_iter().collect();
        let verdict = Verdict { is_good: true, word: "verified", rest: format!(": {what}") };
        Self { verdict: Some(verdict), advice, ..self }
    }

    pub(super) fn verified_in_part(self, request: &Request) -> Self {
        let rest = ": token and time are right; the body, which Tencent does not sign, is missing";
        let advice = despite(request).map(|text| ("but", text)).into_iter().collect();
        let verdict = Verdict { is_good: true, word: "verified in part", rest: rest.to_owned() };
        Self { verdict: Some(verdict), advice, ..self }
    }

    pub(super) fn refused(self, refusal: &Refusal, causes: Vec<String>) -> Self {
        self.not_verified("refused", format!(" with {}: {refusal}", refusal.status()), causes)
    }

    /// Completes the report of a callback whose ZEGO signature an earlier delivery, `first`, had
    /// with another body.
    pub(super) fn reused(self, first: usize) -> Self {
        let rest = format!(
            " with 401: the signature was first seen with other content, in delivery {first}"
        );
        self.not_verified("refused", rest, vec!["forged: ZEGO does not sign the body".into()])
    }

    /// Completes the report of a callback whose signature is right, although no receiver accepts
    /// the secret.
    pub(super) fn unusable(self, cause: String) -> Self {
        let rest = ": receivers refuse to start with that secret".to_owned();
        self.not_verified("not verified", rest, vec![cause])
    }

    fn not_verified(mut self, word: &'static str, rest: String, causes: Vec<String>) -> Self {
        self.shorten_expected();
        let advice = ["likely", "also"].into_iter().zip(causes).collect();
        Self { verdict: Some(Verdict { is_good: false, word, rest }), advice, ..self }
    }
}

/// Why a receiver may have refused a callback that verifies here: it has other settings, or had
/// another reason.
fn despite(request: &Request) -> Option<String> {
    if request.was_refused {
        let what = "it was refused when it arrived: the receiver had a different secret, app id \
                    or clock, or had seen the signature with other content";
        return Some(what.to_owned());
    }
    let status = request.answered.filter(|status| *status >= 400)?;
    let reason = match status {
        401 | 403 => {
            "the receiver has a different secret, app id or clock, or a proxy changed or refused \
             the request"
        }
        _ => "neither the secret nor the time is the reason",
    };
    Some(format!("the response was {status}: {reason}"))
}
