use axum_core::{
    body::Body,
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use room_hooks::{
    Callback, NotDelivered, Receiver, Refusal, Verified,
    adapter::{CallbackResponse, VerifiedExtension},
};
use room_hooks_tower::adapter::{receive, response};
use thiserror::Error;

/// Extractor of a verified event or question.
///
/// ```
/// use axum::{Router, routing::any};
/// use room_hooks_axum::{Ack, Receiver, RoomHook, zego::{self, Zego}};
///
/// async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
///     println!("{} is open", created.event.room_id);
///     Ack::new()
/// }
///
/// # fn app(zego: Zego) -> Router {
/// Router::new().route("/hooks/zego", any(on_created)).with_state(Receiver::new(zego))
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
/// decides for itself). With `any` rather than `post`, it also responds to other methods in the
/// provider's format. The extractor consumes the body, so it must be the handler's last argument.
///
/// Behind a [`VerifyLayer`](crate::VerifyLayer), the extractor takes the event that the layer has
/// verified if its receiver is a clone of the layer's. Otherwise it verifies the request again.
///
/// The extractor does not recognize duplicates. [`Hooks`](crate::hooks::Hooks) do.
///
/// # State
///
/// The [`Receiver`] comes from the router's state. An app with several providers has a state with a
/// receiver for each, or gives each route its own state: `any(on_created).with_state(receiver)`.
/// The derive macro for `FromRef` needs axum's feature `macros`.
///
/// ```
/// use axum::extract::FromRef;
/// use room_hooks_axum::{Receiver, tencent::Tencent, zego::Zego};
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     zego: Receiver<Zego>,
///     tencent: Receiver<Tencent>,
/// }
/// ```
///
/// A state without the receiver does not compile, and the compiler's message names the receiver:
///
/// ```compile_fail
/// # use room_hooks_axum::{RoomHook, zego};
/// # async fn on_created(_: RoomHook<zego::RoomCreated>) {}
/// let app: axum::Router =
///     axum::Router::new().route("/", axum::routing::post(on_created)).with_state(());
/// // expected `Receiver<Zego>`, found `()`
/// ```
#[derive(Debug, Clone)]
pub struct RoomHook<E>(pub Verified<E>);

impl<E, S> FromRequest<S> for RoomHook<E>
where
    E: Callback,
    S: Send + Sync,
    Receiver<E::Provider>: FromRef<S>,
{
    type Rejection = RoomHookRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let receiver = Receiver::from_ref(state);
        let (mut parts, body) = request.into_parts();
        #[cfg(feature = "hooks")]
        crate::peer::note_peer(&mut parts);
        let extension = parts.extensions.remove::<VerifiedExtension<E::Provider>>();
        let hook = match extension.and_then(|extension| extension.verified_by(&receiver)) {
            Some(hook) => hook,
            None => receive(&receiver, &parts, body).await.map(|(verified, _)| verified),
        };
        hook.map(Self).map_err(|reason| RoomHookRejection {
            response: reason.response::<E::Provider>(),
            reason,
        })
    }
}

/// The rejection of a [`RoomHook`]: the request is refused, or has nothing for the handler.
///
/// The response never reveals the reason. A handler that needs it extracts a `Result`:
///
/// ```
/// use room_hooks_axum::{Ack, RoomHook, RoomHookRejection, zego::{self, Zego}};
///
/// async fn on_created(
///     hook: Result<RoomHook<zego::RoomCreated>, RoomHookRejection>,
/// ) -> Result<Ack<Zego>, RoomHookRejection> {
///     if let Some(refusal) = hook.as_ref().err().and_then(RoomHookRejection::refusal) {
///         eprintln!("refused: {refusal}");
///     }
///     let RoomHook(created) = hook?;
///     println!("{} is open", created.event.room_id);
///     Ok(Ack::new())
/// }
/// ```
#[derive(Debug, Clone, Error)]
#[error("the request has no event for the handler")]
pub struct RoomHookRejection {
    #[source]
    reason: NotDelivered,
    response: CallbackResponse,
}

impl RoomHookRejection {
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
        response::<Body>(self.response.clone()).status()
    }
}

impl IntoResponse for RoomHookRejection {
    fn into_response(self) -> Response {
        response(self.response)
    }
}
