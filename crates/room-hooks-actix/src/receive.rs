use std::{future::poll_fn, pin::Pin, time::SystemTime};

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{
        Version,
        header::{HeaderMap, HeaderValue},
    },
    rt::time::timeout,
    web,
};
use futures_core::Stream;
use room_hooks::{
    BodyReader, Delivery, Headers, Provider, Receiver, RoomEvent, Unhandled, Verified,
};

/// Reads a request's body, within the receiver's limit and timeout, and verifies the whole. Hands
/// out the body as well, for whoever comes next.
pub(crate) async fn receive<E: RoomEvent>(
    receiver: &Receiver<E::Provider>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Verified<E>, Vec<u8>), Unhandled> {
    let headers = RequestHeaders(request.headers());
    let body =
        read(receiver.body_reader(request.method().as_str(), &headers)?, request, payload).await?;
    let delivery = Delivery::new(request.query_string(), &headers, &body);
    let verified = receiver.receive(delivery, SystemTime::now())?;
    Ok((verified, body))
}

/// Reads a request's body, within the receiver's limit and timeout.
pub(crate) async fn read<P: Provider>(
    mut reader: BodyReader<'_, P>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Vec<u8>, Unhandled> {
    // A body that is chunked, or that came over HTTP/2, leaves this behind only when something consumed it.
    let had_a_body = request.chunked().unwrap_or_default() || request.version() == Version::HTTP_2;
    if matches!(payload, Payload::None) && had_a_body {
        return Err(reader.already_consumed(request.query_string(), SystemTime::now()));
    }
    match timeout(reader.timeout(), read_chunks(&mut reader, payload)).await {
        Ok(read) => read?,
        Err(_) => return Err(reader.timed_out()),
    }
    reader.finish(request.query_string(), SystemTime::now())
}

/// The receiver in the `app_data`, as it is or in a `web::Data`.
pub(crate) fn receiver<P: Provider>(request: &HttpRequest) -> Result<Receiver<P>, Unhandled> {
    let shared = || request.app_data::<web::Data<Receiver<P>>>().map(web::Data::get_ref);
    let receiver = request.app_data().or_else(shared);
    receiver.cloned().ok_or_else(Unhandled::not_configured::<P>)
}

async fn read_chunks<P: Provider>(
    reader: &mut BodyReader<'_, P>,
    mut payload: Payload,
) -> Result<(), Unhandled> {
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut payload).poll_next(context)).await {
        match chunk {
            Ok(chunk) => reader.push(&chunk)?,
            Err(PayloadError::Overflow) => return Err(reader.too_large()),
            Err(_) => return Err(reader.incomplete()),
        }
    }
    Ok(())
}

pub(crate) struct RequestHeaders<'a>(pub(crate) &'a HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}
