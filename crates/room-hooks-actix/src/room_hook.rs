use std::pin::Pin;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, body::BoxBody,
    dev::Payload, http::StatusCode,
};
use room_hooks::{Refusal, RoomEvent, Unhandled, Verified, VerifiedExtension};
use thiserror::Error;

use crate::{
    ack::response,
    receive::{receive, receiver},
};

/// Extractor of a verified event: one kind of it, such as `RoomHook<RoomCreated>`, or all that a
/// provider sends, such as `RoomHook<zego::Event>`.
///
/// The [`Receiver`](room_hooks::Receiver) comes from the `app_data`. It must be the handler's only
/// extractor that reads the body.
///
/// An authentic event of another kind is acknowledged, and the handler is not called.
#[derive(Debug, Clone)]
pub struct RoomHook<E>(pub Verified<E>);

impl<E: RoomEvent> FromRequest for RoomHook<E> {
    type Error = RoomHookError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, RoomHookError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let hook = extract(&request, payload).await;
            hook.map(Self).map_err(RoomHookError)
        })
    }
}

async fn extract<E: RoomEvent>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<Verified<E>, Unhandled> {
    let receiver = receiver(request)?;
    let extension = request.extensions_mut().remove::<VerifiedExtension<E::Provider>>();
    match extension.and_then(|extension| extension.verified_by(&receiver)) {
        Some(hook) => hook,
        None => receive(&receiver, request, payload).await.map(|(verified, _)| verified),
    }
}

/// The error of a [`RoomHook`]: the delivery is refused, or is an event of another kind, which is
/// acknowledged. The response holds nothing of the reason.
#[derive(Debug, Clone, Error)]
#[error(transparent)]
pub struct RoomHookError(Unhandled);

impl RoomHookError {
    /// Why the delivery was refused; `None` where it was acknowledged. It is in the log already.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_ref()
    }
}

impl ResponseError for RoomHookError {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        response(&self.0.response)
    }
}
