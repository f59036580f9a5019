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

/// Filter that extracts a verified event or question.
///
/// ```
/// use room_hooks_warp::{Ack, Verified, recover, room_hook, zego::{self, Zego}};
/// use warp::Filter;
///
/// fn on_created(created: Verified<zego::RoomCreated>) -> Ack<Zego> {
///     println!("{} is open", created.event.room_id);
///     Ack::new()
/// }
///
/// # fn app(zego: Zego) -> impl Filter {
/// warp::path!("hooks" / "zego").and(room_hook(zego)).map(on_created).recover(recover)
/// # }
/// ```
///
/// | argument of the handler | takes |
/// |---|---|
/// | `Verified<zego::RoomCreated>` | events of one kind |
/// | `Verified<zego::Event>` | all events of a provider |
/// | `Verified<zego::BeforeSendMsg>` | questions of one kind |
/// | `Verified<zego::Question>` | all questions of a provider |
/// | `Verified<Received<Zego>>` | both, as a [`Received`](crate::adapter::Received) |
///
/// The filter rejects everything else with a [`RoomHookRejection`], and [`recover`] turns that into
/// the provider's response: it refuses a request that is not authentic or not a `POST`,
/// acknowledges an event of another kind, and allows a question of another kind (ZIM decides for
/// itself).
///
/// **Put [`recover`] on the route**, as above. After a rejection, warp tries the next route. With a
/// `recover` after an `or`, a catch-all route would respond to forged requests first.
///
/// The filter does not recognize duplicates. [`Hooks`](crate::hooks::Hooks) do.
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

/// The rejection of a [`room_hook`]: the request is refused, or has nothing for the handler.
///
/// The response never reveals the reason. To use the reason on the server, replace [`recover`] with
/// your own function:
///
/// ```
/// use room_hooks_warp::RoomHookRejection;
/// use warp::{Rejection, Reply, reply::Response};
///
/// async fn log_and_recover(rejection: Rejection) -> Result<Response, Rejection> {
///     let Some(rejection) = rejection.find::<RoomHookRejection>().cloned() else {
///         return Err(rejection);
///     };
///     if let Some(refusal) = rejection.refusal() {
///         eprintln!("refused: {refusal}");
///     }
///     Ok(rejection.into_response())
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

/// Turns the rejection of a [`room_hook`] into the response that the provider expects. The response
/// never reveals the reason. See [`room_hook`] for an example.
///
/// # Errors
///
/// Returns the rejection if it is from another filter.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    match rejection.find::<RoomHookRejection>() {
        Some(rejection) => Ok(response(rejection.response.clone())),
        None => Err(rejection),
    }
}
