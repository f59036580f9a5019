use std::borrow::Cow;

use serde::Serialize;

use crate::{Provider, Refusal};

/// The outcome of a delivery. It alone determines the response.
///
/// ```
/// use room_hooks::{Disposition, Refusal};
///
/// assert_eq!(Disposition::Duplicate.status(), 200);
/// assert_eq!(Disposition::Refused(Refusal::WrongSignature).status(), 401);
/// assert_eq!(Disposition::InProgress.as_str(), "in_progress");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// The handler succeeded.
    Handled,
    /// The inbox stored the event, and a worker handles it.
    Stored,
    /// The delivery is authentic but has no handler: an event of another kind, or a console's
    /// probe.
    NoHandler,
    /// The delivery was handled or stored before.
    Duplicate,
    /// The same delivery is still being handled.
    InProgress,
    /// The handler returned an error or panicked.
    Failed,
    /// The handler exceeded its timeout and continues in the background.
    DeadlineExceeded,
    /// The delivery store or the inbox is full or unavailable.
    StoreUnavailable,
    /// The delivery is not authentic, not fresh, or not readable.
    Refused(Refusal),
}

impl Disposition {
    /// The HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Handled | Self::Stored | Self::NoHandler | Self::Duplicate => 200,
            Self::Failed => 500,
            Self::InProgress | Self::DeadlineExceeded | Self::StoreUnavailable => 503,
            Self::Refused(refusal) => refusal.status(),
        }
    }

    /// The reason, if the delivery was refused.
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

/// An HTTP response in the provider's format.
///
/// It never contains parts of the request, unless a handler puts them into its
/// [`Decision`](crate::Decision).
///
/// ```
/// use room_hooks::{NotDelivered, Refusal, tencent::Tencent};
///
/// let refused = NotDelivered::Refused(Refusal::WrongSignature);
/// let response = refused.response::<Tencent>();
/// assert_eq!(response.status, 401);
/// assert_eq!(response.headers().next(), Some(("content-type", "application/json")));
/// ```
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

    /// The response that carries a decision, or `denied` if that cannot be serialized.
    pub(crate) fn decision(decision: &impl Serialize, denied: &'static str) -> Self {
        let body = serde_json::to_string(decision).map_or(Cow::Borrowed(denied), Cow::Owned);
        Self::new(200, body)
    }

    /// The response to a handled delivery.
    #[must_use]
    pub fn acknowledged<P: Provider>() -> Self {
        P::response(&Disposition::Handled)
    }

    /// The headers, as lower-case names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let headers = [
            (self.status == 405).then_some(("allow", "POST")),
            (!self.body.is_empty()).then_some(("content-type", "application/json")),
            // In seconds, as long as ZEGO waits before its first retry.
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
