use std::time::SystemTime;

use futures_core::Stream;
use room_hooks::{Delivery, Receiver, Refusal, RoomEvent, Unhandled, Verified};
use warp::{Buf, Filter, Rejection, reject::Reject, reply::Response};

use crate::{
    ack::response,
    receive::{Request, read, request},
};

/// Filter that extracts a verified event: one kind of it, such as `Verified<RoomCreated>`, or all
/// that a provider sends, such as `Verified<zego::Event>`.
///
/// It takes requests of every method and rejects all but `POST`. An authentic event of another kind
/// is rejected as well, and [`recover`] acknowledges it: the next route is not meant for it either.
#[must_use]
pub fn room_hook<E: RoomEvent>(
    receiver: Receiver<E::Provider>,
) -> impl Filter<Extract = (Verified<E>,), Error = Rejection> + Clone + Send + Sync + 'static {
    warp::any().map(move || receiver.clone()).and(request()).and_then(
        async |receiver: Receiver<E::Provider>, request| {
            let received = receive(&receiver, request).await;
            received.map_err(|unhandled| warp::reject::custom(RoomHookRejection(unhandled)))
        },
    )
}

async fn receive<E, S, B>(
    receiver: &Receiver<E::Provider>,
    mut request: Request<S>,
) -> Result<Verified<E>, Unhandled>
where
    E: RoomEvent,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    let reader = receiver.body_reader(request.method.as_str(), &request.headers)?;
    let body = read(reader, &mut request).await?;
    let delivery = Delivery::new(&request.query, &request.headers, &body);
    receiver.receive(delivery, SystemTime::now())
}

/// The rejection of a [`room_hook`]: the delivery is refused, or is an event of another kind, which
/// is acknowledged.
#[derive(Debug, Clone)]
pub struct RoomHookRejection(Unhandled);

impl RoomHookRejection {
    /// Why the delivery was refused; `None` where it was acknowledged. It is in the log already.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_ref()
    }
}

impl Reject for RoomHookRejection {}

/// Turns the rejection of a [`room_hook`] into the answer that the provider expects, without the
/// reason, and passes every other rejection on.
///
/// # Errors
///
/// The rejection is another filter's.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    match rejection.find::<RoomHookRejection>() {
        Some(RoomHookRejection(unhandled)) => Ok(response(&unhandled.response)),
        None => Err(rejection),
    }
}
