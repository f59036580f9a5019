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

/// Extractor of a verified event or question.
///
/// ```
/// use actix_web::{App, HttpServer, web};
/// use room_hooks_actix::{Ack, Receiver, RoomHook, zego::{self, Zego}};
///
/// async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
///     println!("{} is open", created.event.room_id);
///     Ack::new()
/// }
///
/// # fn serve(zego: Zego) {
/// let receiver = Receiver::new(zego);
/// let app =
///     move || App::new().app_data(receiver.clone()).route("/hooks/zego", web::to(on_created));
/// # let _ = HttpServer::new(app);
/// # }
/// ```
///
/// | extractor | takes |
/// |---|---|
/// | `RoomHook<zego::RoomCreated>` | events of one kind |
/// | `RoomHook<zego::Event>` | all events of a provider |
/// | `RoomHook<zego::BeforeSendMsg>` | questions of one kind |
/// | `RoomHook<zego::Question>` | all questions of a provider |
/// | `RoomHook<Received<Zego>>` | both, as a [`Received`](crate::adapter::Received) |
///
/// The handler is not called for anything else. The extractor refuses a request that is not
/// authentic, acknowledges an event of another kind, and allows a question of another kind (ZIM
/// decides for itself). With `web::to` rather than `web::post`, it also responds to other methods
/// in the provider's format. `RoomHook` must be the handler's only extractor that reads the body.
///
/// The [`Receiver`] comes from the `app_data`, either directly or in a `web::Data`. Without a
/// receiver, requests get 500, and the log names the missing type.
///
/// Behind a [`Verify`](crate::Verify) middleware, the extractor takes the event that the middleware
/// has verified, and needs no receiver. If it has one that is not a clone of the middleware's, it
/// verifies the request again.
///
/// The extractor does not recognize duplicates. [`Hooks`](crate::hooks::Hooks) do.
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

/// Returns the receiver in the `app_data`, which contains it directly or in a `web::Data`.
fn receiver<P: Provider>(request: &HttpRequest) -> Option<&Receiver<P>> {
    let shared = || request.app_data::<web::Data<Receiver<P>>>().map(web::Data::get_ref);
    request.app_data().or_else(shared)
}

/// The error of a [`RoomHook`]: the request is refused, or has nothing for the handler.
///
/// The response never reveals the reason. A handler that needs it extracts a `Result`:
///
/// ```
/// use room_hooks_actix::{Ack, RoomHook, RoomHookError, zego::{self, Zego}};
///
/// async fn on_created(
///     hook: Result<RoomHook<zego::RoomCreated>, RoomHookError>,
/// ) -> Result<Ack<Zego>, RoomHookError> {
///     if let Some(refusal) = hook.as_ref().err().and_then(RoomHookError::refusal) {
///         eprintln!("refused: {refusal}");
///     }
///     let RoomHook(created) = hook?;
///     println!("{} is open", created.event.room_id);
///     Ok(Ack::new())
/// }
/// ```
#[derive(Debug, Clone, Error)]
#[error("the request has no event for the handler")]
pub struct RoomHookError {
    #[source]
    reason: NotDelivered,
    response: CallbackResponse,
}

impl RoomHookError {
    /// The reason: a refusal, an event or a question of another kind, or a probe.
    #[must_use]
    pub fn reason(&self) -> &NotDelivered {
        &self.reason
    }

    /// The reason for a refusal, which is already logged. `None` if the response has status 200.
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
