use std::marker::PhantomData;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use room_hooks::{Decision, Provider, adapter::CallbackResponse};

/// The reply that tells the provider, in its own form, that an event was handled.
#[derive(Debug)]
pub struct Ack<P>(PhantomData<P>);

impl<P> Ack<P> {
    /// Creates the reply.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for Ack<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Provider> Responder for Ack<P> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        response(CallbackResponse::acknowledged::<P>())
    }
}

/// The reply that carries the decision on a question:
///
/// ```
/// use room_hooks_actix::{Answer, RoomHook, tencent::{Decision, live::BeforeSendGift}};
///
/// async fn on_gift(RoomHook(gift): RoomHook<BeforeSendGift>) -> Answer<Decision<BeforeSendGift>> {
///     match gift.event.gift_water.count {
///         Some(..100) => Answer(Decision::allow()),
///         _ => Answer(Decision::deny()),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "it is made of a decision")]
pub struct Answer<D>(pub D);

impl<D: Decision> Responder for Answer<D> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        response(self.0.response())
    }
}

/// Translates a response into actix-web's.
pub(crate) fn response(callback_response: CallbackResponse) -> HttpResponse {
    let mut response = HttpResponse::build(status(&callback_response));
    for header in callback_response.headers() {
        response.insert_header(header);
    }
    response.body(callback_response.body)
}

pub(crate) fn status(callback_response: &CallbackResponse) -> StatusCode {
    StatusCode::from_u16(callback_response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
