use std::{
    future::poll_fn,
    pin::{Pin, pin},
    time::SystemTime,
};

use futures_core::Stream;
use room_hooks::{Delivery, Headers, Intake, Provider, Receiver, RoomEvent, Unhandled, Verified};
use tokio::time::timeout;
use warp::{
    Buf,
    http::{HeaderMap, HeaderValue, Method},
};

/// Reads a request's body (`None` if another filter has taken it), within the receiver's limit and
/// deadline, and verifies the whole.
pub(crate) async fn receive<E, S, B>(
    receiver: Receiver<E::Provider>,
    method: Method,
    query: String,
    headers: HeaderMap,
    body: Option<S>,
) -> Result<Verified<E>, Unhandled>
where
    E: RoomEvent,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    let headers = RequestHeaders(headers);
    let mut intake = receiver.intake(method.as_str(), &headers)?;
    let Some(body) = body else {
        return Err(intake.taken());
    };
    match timeout(receiver.body_deadline(), read(&mut intake, pin!(body))).await {
        Ok(read) => read?,
        Err(_) => return Err(intake.too_slow()),
    }
    let body = intake.finish()?;
    receiver.receive(Delivery::new(&query, &headers, &body), SystemTime::now())
}

async fn read<P, S, B>(intake: &mut Intake<'_, P>, mut body: Pin<&mut S>) -> Result<(), Unhandled>
where
    P: Provider,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let mut chunk = chunk.map_err(|_| intake.broke_off())?;
        while chunk.has_remaining() {
            let contiguous = chunk.chunk();
            intake.push(contiguous)?;
            chunk.advance(contiguous.len());
        }
    }
    Ok(())
}

struct RequestHeaders(HeaderMap);

impl Headers for RequestHeaders {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}
