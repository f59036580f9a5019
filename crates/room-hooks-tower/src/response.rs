use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use room_hooks::{Decision, Provider, adapter::CallbackResponse};

/// Translates a response into one of the `http` crate.
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

/// The response to a verified event that the service behind a [`VerifyLayer`](crate::VerifyLayer) has handled.
#[must_use]
pub fn acknowledged<P: Provider>() -> Response<Full<Bytes>> {
    response(CallbackResponse::acknowledged::<P>())
}

/// The response to a verified question that the service behind a [`VerifyLayer`](crate::VerifyLayer) has decided.
#[must_use]
pub fn answered(decision: &impl Decision) -> Response<Full<Bytes>> {
    response(decision.response())
}
