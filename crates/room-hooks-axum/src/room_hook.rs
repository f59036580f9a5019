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

/// Extractor of a verified event or question: one kind of it, such as `RoomHook<zego::RoomCreated>`, all events of a
/// provider, such as `RoomHook<zego::Event>`, all its questions, `RoomHook<zego::Question>`, or either, as
/// [`Received`](crate::adapter::Received).
///
/// The [`Receiver`] comes from the router's state. A state without one does not compile, and the
/// compiler says which receiver it looks for:
///
/// ```compile_fail
/// # use room_hooks_axum::{RoomHook, zego};
/// # async fn on_created(_: RoomHook<zego::RoomCreated>) {}
/// let app: axum::Router =
///     axum::Router::new().route("/", axum::routing::post(on_created)).with_state(());
/// // expected `Receiver<Zego>`, found `()`
/// ```
///
/// A state with more in it than one receiver has a field for each and derives `FromRef`.
///
/// An authentic event of another kind is acknowledged, and the handler is not called. A question of another
/// kind is allowed, or, if ZIM asks, left to ZIM.
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

/// The rejection of a [`RoomHook`]: the delivery is refused, or is an event of another kind, which is
/// acknowledged. The response contains nothing of the reason.
#[derive(Debug, Clone, Error)]
#[error("the request has no event for the handler")]
pub struct RoomHookRejection {
    #[source]
    reason: NotDelivered,
    response: CallbackResponse,
}

impl RoomHookRejection {
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
        response::<Body>(self.response.clone()).status()
    }
}

impl IntoResponse for RoomHookRejection {
    fn into_response(self) -> Response {
        response(self.response)
    }
}
