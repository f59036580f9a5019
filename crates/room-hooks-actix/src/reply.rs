use std::marker::PhantomData;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use room_hooks::{Decision, Provider, adapter::CallbackResponse};

/// The reply to a handled event, in the provider's format.
///
/// ```
/// use room_hooks_actix::{Ack, RoomHook, zego::{self, Zego}};
///
/// async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
///     println!("{} is open", created.event.room_id);
///     Ack::new()
/// }
/// ```
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

/// The reply to a question. It carries the decision:
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
#[expect(clippy::exhaustive_structs, reason = "a reply needs only the decision")]
pub struct Answer<D>(pub D);

impl<D: Decision> Responder for Answer<D> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        response(self.0.response())
    }
}

/// Converts a response to actix-web's type.
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
