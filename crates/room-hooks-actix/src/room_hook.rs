use std::pin::Pin;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, body::BoxBody,
    dev::Payload, http::StatusCode, web,
};
use room_hooks::{
    Callback, NotDelivered, Provider, Receiver, Refusal, Verified,
    adapter::{CallbackResponse, VerifiedExtension},
};
use thiserror::Error;

use crate::{
    receive::receive,
    reply::{response, status},
};

/// Extractor of a verified event or question: one kind of it, such as `RoomHook<zego::RoomCreated>`, all events of a
/// provider, such as `RoomHook<zego::Event>`, all its questions, `RoomHook<zego::Question>`, or either, as
/// [`Received`](crate::adapter::Received).
///
/// The [`Receiver`] comes from the `app_data`. Behind a [`Verify`](crate::Verify) middleware the extractor needs
/// none of its own. It must be the handler's only extractor that reads the body.
///
/// An authentic event of another kind is acknowledged, and the handler is not called. A question of another
/// kind is allowed, or, if ZIM asks, left to ZIM.
#[derive(Debug, Clone)]
pub struct RoomHook<E>(pub Verified<E>);

impl<E: Callback> FromRequest for RoomHook<E> {
    type Error = RoomHookError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, RoomHookError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let hook = extract(&request, payload).await;
            hook.map(Self).map_err(|reason| RoomHookError {
                response: reason.response::<E::Provider>(),
                reason,
            })
        })
    }
}

async fn extract<E: Callback>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<Verified<E>, NotDelivered> {
    let receiver = receiver::<E::Provider>(request);
    let extension = request.extensions_mut().remove::<VerifiedExtension<E::Provider>>();
    let verified = match (extension, receiver) {
        (Some(extension), Some(receiver)) => extension.verified_by(receiver),
        (Some(extension), None) => Some(extension.into_verified()),
        (None, _) => None,
    };
    match verified {
        Some(verified) => verified,
        None => {
            let receiver = receiver.ok_or_else(NotDelivered::not_configured::<E::Provider>)?;
            receive(receiver, request, payload).await.map(|(verified, _)| verified)
        }
    }
}

/// The receiver in the `app_data`, as it is or in a `web::Data`.
fn receiver<P: Provider>(request: &HttpRequest) -> Option<&Receiver<P>> {
    let shared = || request.app_data::<web::Data<Receiver<P>>>().map(web::Data::get_ref);
    request.app_data().or_else(shared)
}

/// The error of a [`RoomHook`]: the delivery is refused, or is an event of another kind, which is
/// acknowledged. The response contains nothing of the reason.
#[derive(Debug, Clone, Error)]
#[error("the request has no event for the handler")]
pub struct RoomHookError {
    #[source]
    reason: NotDelivered,
    response: CallbackResponse,
}

impl RoomHookError {
    /// Why the handler gets no event: a refusal, an event or a question of another kind, or a probe.
    #[must_use]
    pub fn reason(&self) -> &NotDelivered {
        &self.reason
    }

    /// Why the delivery was refused; `None` if it was acknowledged. It is in the log already.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.reason.refusal()
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        status(&self.response)
    }
}

impl ResponseError for RoomHookError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        response(self.response.clone())
    }
}
