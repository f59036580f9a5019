use http_body::Body;
use room_hooks::{Callback, NotDelivered, Receiver, Refusal, Verified, adapter::CallbackResponse};
use room_hooks_tower::adapter::{receive, response};
use thiserror::Error;
use warp::{
    Buf, Filter, Rejection, Reply,
    http::{StatusCode, request::Parts},
    reject::Reject,
    reply::Response,
};

use crate::request::{already_consumed, request};

/// Filter that extracts a verified event or question: one kind of it, such as `Verified<zego::RoomCreated>`, all events of
/// a provider, such as `Verified<zego::Event>`, all its questions, `Verified<zego::Question>`, or either, as
/// [`Received`](crate::adapter::Received).
///
/// It takes requests of every method and rejects all but `POST`. It also rejects an authentic event of another
/// kind, which [`recover`] acknowledges: no other route is meant for it. A question of another kind is allowed; ZIM
/// decides for itself.
#[must_use]
pub fn room_hook<E: Callback>(
    receiver: impl Into<Receiver<E::Provider>>,
) -> impl Filter<Extract = (Verified<E>,), Error = Rejection> + Clone + Send + Sync + 'static {
    let receiver = receiver.into();
    warp::any().map(move || receiver.clone()).and(request()).and_then(
        async |receiver: Receiver<E::Provider>, parts, body| {
            verify::<E>(&receiver, &parts, body).await.map_err(|reason| {
                let response = reason.response::<E::Provider>();
                warp::reject::custom(RoomHookRejection { reason, response })
            })
        },
    )
}

async fn verify<E: Callback>(
    receiver: &Receiver<E::Provider>,
    parts: &Parts,
    body: Option<impl Body<Data = impl Buf, Error = warp::Error>>,
) -> Result<Verified<E>, NotDelivered> {
    let body = body.ok_or_else(|| already_consumed(receiver, parts))?;
    receive(receiver, parts, body).await.map(|(verified, _)| verified)
}

/// The rejection of a [`room_hook`]: the delivery is refused, or is an event of another kind, which is
/// acknowledged.
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
        let response: Response = response(self.response.clone());
        response.status()
    }
}

impl Reject for RoomHookRejection {}

impl Reply for RoomHookRejection {
    fn into_response(self) -> Response {
        response(self.response)
    }
}

/// Turns the rejection of a [`room_hook`] into the response that the provider expects, without the reason, and
/// passes every other rejection on.
///
/// # Errors
///
/// The rejection is another filter's.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    match rejection.find::<RoomHookRejection>() {
        Some(rejection) => Ok(response(rejection.response.clone())),
        None => Err(rejection),
    }
}
