use std::borrow::Cow;

use serde::Serialize;

use crate::{Provider, Refusal};

/// What became of a delivery: all that its answer depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// The handler has returned.
    Handled,
    /// It is in the inbox, for a worker to handle.
    Stored,
    /// It is authentic, and no handler asks for it: an event of another kind, or a console's probe.
    NoHandler,
    /// It had been handled or stored before.
    Duplicate,
    /// Another try of it is being handled.
    InProgress,
    /// The handler returned an error or panicked.
    Failed,
    /// The handler is past its timeout, and continues in the background.
    DeadlineExceeded,
    /// The delivery store or the inbox is full or unavailable.
    StoreUnavailable,
    /// It is not authentic, not fresh, or not readable.
    Refused(Refusal),
}

impl Disposition {
    /// The HTTP status that the sender is answered.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Handled | Self::Stored | Self::NoHandler | Self::Duplicate => 200,
            Self::Failed => 500,
            Self::InProgress | Self::DeadlineExceeded | Self::StoreUnavailable => 503,
            Self::Refused(refusal) => refusal.status(),
        }
    }

    /// Why it is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The name in logs and metrics.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Stored => "stored",
            Self::NoHandler => "no_handler",
            Self::Duplicate => "duplicate",
            Self::InProgress => "in_progress",
            Self::Failed => "failed",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::StoreUnavailable => "store_unavailable",
            Self::Refused(Refusal::SignatureReused) => "signature_reused",
            Self::Refused(_) => "refused",
        }
    }
}

/// An HTTP response in the provider's own form. It contains nothing of the request, unless a handler puts that into
/// its [`Decision`](crate::Decision).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body, empty or JSON.
    pub body: Cow<'static, str>,
}

impl CallbackResponse {
    pub(crate) fn new(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status, body: body.into() }
    }

    /// The response that carries a decision, or denies if that cannot be written.
    pub(crate) fn decision(decision: &impl Serialize, denied: &'static str) -> Self {
        let body = serde_json::to_string(decision).map_or(Cow::Borrowed(denied), Cow::Owned);
        Self::new(200, body)
    }

    /// The response to a delivery that was handled.
    #[must_use]
    pub fn acknowledged<P: Provider>() -> Self {
        P::response(&Disposition::Handled)
    }

    /// The headers, as names in lower case and values.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let headers = [
            (self.status == 405).then_some(("allow", "POST")),
            (!self.body.is_empty()).then_some(("content-type", "application/json")),
            // In seconds, and as short as the shortest interval between two tries of a provider.
            (self.status == 503).then_some(("retry-after", "2")),
        ];
        headers.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tencent::Tencent, trtc::Trtc, zego::Zego};

    fn headers<P: Provider>(disposition: &Disposition) -> Vec<(&'static str, &'static str)> {
        P::response(disposition).headers().collect()
    }

    #[test]
    fn a_response_says_when_to_retry_and_which_method_is_allowed() {
        let json = ("content-type", "application/json");
        for disposition in
            [Disposition::InProgress, Disposition::DeadlineExceeded, Disposition::StoreUnavailable]
        {
            assert_eq!(headers::<Zego>(&disposition), [("retry-after", "2")]);
            assert_eq!(headers::<Tencent>(&disposition), [json, ("retry-after", "2")]);
        }
        let method = Disposition::Refused(Refusal::MethodNotAllowed);
        assert_eq!(headers::<Zego>(&method), [("allow", "POST")]);
        assert_eq!(headers::<Trtc>(&method), [("allow", "POST"), json]);
        assert_eq!(headers::<Zego>(&Disposition::Handled), []);
    }
}
