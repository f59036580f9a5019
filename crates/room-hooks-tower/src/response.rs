use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use room_hooks::{Provider, adapter::CallbackResponse};

/// Translates a response into one of the `http` crate.
#[must_use]
pub fn response<B: From<&'static str>>(callback_response: &CallbackResponse) -> Response<B> {
    let mut response = Response::new(B::from(callback_response.body));
    *response.status_mut() =
        StatusCode::from_u16(callback_response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in callback_response.headers() {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    response
}

/// The response to a verified event that the service behind a [`VerifyLayer`](crate::VerifyLayer) has handled.
#[must_use]
pub fn acknowledged<P: Provider>() -> Response<Full<Bytes>> {
    response(&CallbackResponse::acknowledged::<P>())
}
