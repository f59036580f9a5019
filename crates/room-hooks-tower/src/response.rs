use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use room_hooks::{Decision, Provider, adapter::CallbackResponse};

/// Converts a response to the type of the `http` crate.
#[must_use]
pub fn response<B: From<Bytes>>(callback_response: CallbackResponse) -> Response<B> {
    let headers = callback_response.headers();
    let body = match callback_response.body {
        Cow::Borrowed(body) => Bytes::from_static(body.as_bytes()),
        Cow::Owned(body) => Bytes::from(body),
    };
    let mut response = Response::new(B::from(body));
    *response.status_mut() =
        StatusCode::from_u16(callback_response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    response
}

/// The response to a handled event, for a service behind a [`VerifyLayer`](crate::VerifyLayer).
///
/// ```
/// use room_hooks_tower::{acknowledged, tencent::Tencent};
///
/// let response = acknowledged::<Tencent>();
/// assert_eq!(response.status(), 200);
/// ```
#[must_use]
pub fn acknowledged<P: Provider>() -> Response<Full<Bytes>> {
    response(CallbackResponse::acknowledged::<P>())
}

/// The response that carries the decision on a question, for a service behind a
/// [`VerifyLayer`](crate::VerifyLayer).
///
/// ```
/// use room_hooks_tower::{answered, tencent::{Decision, live::BeforeSendGift}};
///
/// let response = answered(&Decision::<BeforeSendGift>::deny());
/// // Tencent reads the decision from the body.
/// assert_eq!(response.status(), 200);
/// ```
#[must_use]
pub fn answered(decision: &impl Decision) -> Response<Full<Bytes>> {
    response(decision.response())
}
