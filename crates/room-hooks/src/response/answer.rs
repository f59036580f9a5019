use crate::Refusal;

/// What became of a delivery, as far as its answer depends on it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// Authentic, and taken care of: the sender need not repeat it.
    Acknowledged,
    /// The handler returned an error or panicked: the sender is to try again.
    Failed,
    /// There is nothing at this path.
    NotFound,
    /// Refused.
    Refused(&'a Refusal),
    /// Not taken care of yet, or not now: the sender is to try again in a moment.
    Unavailable,
}

impl Outcome<'_> {
    /// The HTTP status that the sender is answered.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Acknowledged => 200,
            Self::Failed => 500,
            Self::NotFound => 404,
            Self::Refused(refusal) => refusal.status(),
            Self::Unavailable => 503,
        }
    }
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
    retry_after: Option<&'static str>,
}

impl Answer {
    /// The answer that is all status and no body.
    pub(crate) fn empty(outcome: Outcome<'_>) -> Self {
        let status = outcome.status();
        Self {
            status,
            body: "",
            allow: (status == 405).then_some("POST"),
            content_type: None,
            // In seconds, and as short as the shortest interval between two tries of a provider.
            retry_after: (status == 503).then_some("2"),
        }
    }

    /// The same answer with a body of JSON.
    pub(crate) fn with_json(self, body: &'static str) -> Self {
        Self { body, content_type: Some("application/json"), ..self }
    }

    /// The headers, as names in lower case and values.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let headers = [
            ("allow", self.allow),
            ("content-type", self.content_type),
            ("retry-after", self.retry_after),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
