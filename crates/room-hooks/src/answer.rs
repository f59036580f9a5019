use std::iter;

use crate::Refusal;

/// What became of a delivery, as far as its answer depends on it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// Authentic, and taken care of: the sender need not repeat it.
    Acknowledged,
    /// Refused.
    Refused(&'a Refusal),
}

/// An HTTP answer in the provider's own form; the same few bytes for every delivery of a kind,
/// nothing of the request in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, possibly empty.
    pub body: &'static str,
    allow: Option<&'static str>,
    content_type: Option<&'static str>,
}

impl Answer {
    /// The answer that is all status and no body.
    pub(crate) fn empty(outcome: Outcome<'_>) -> Self {
        let (status, allow) = match outcome {
            Outcome::Acknowledged => (200, None),
            Outcome::Refused(refusal @ Refusal::MethodNotAllowed) => {
                (refusal.status(), Some("POST"))
            }
            Outcome::Refused(refusal) => (refusal.status(), None),
        };
        Self { status, body: "", allow, content_type: None }
    }

    /// The same answer with a body of JSON.
    pub(crate) fn with_json(self, body: &'static str) -> Self {
        Self { body, content_type: Some("application/json"), ..self }
    }

    /// The headers, as names in lower case and values.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let allow = self.allow.map(|methods| ("allow", methods));
        let content_type = self.content_type.map(|form| ("content-type", form));
        iter::empty().chain(allow).chain(content_type)
    }
}
