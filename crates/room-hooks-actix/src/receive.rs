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
};
use futures_core::Stream;
use room_hooks::{
    Callback, Delivery, NotDelivered, Provider, Receiver, Verified,
    adapter::{BodyReader, Headers},
};

/// Reads a request's body, within the receiver's limit and timeout, and verifies the request.
///
/// Also returns the body, which a middleware passes to its inner service.
pub(crate) async fn receive<E: Callback>(
    receiver: &Receiver<E::Provider>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Verified<E>, Vec<u8>), NotDelivered> {
    let body = read_body(receiver, request, payload).await?;
    let headers = RequestHeaders(request.headers());
    let delivery = head(request, &headers).with_body(&body);
    let verified = receiver.receive(delivery, SystemTime::now())?;
    Ok((verified, body))
}

/// Reads a request's body, within the receiver's limit and timeout.
pub(crate) async fn read_body<P: Provider>(
    receiver: &Receiver<P>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Vec<u8>, NotDelivered> {
    let headers = RequestHeaders(request.headers());
    let method = request.method().as_str();
    let mut reader = receiver.body_reader(method, head(request, &headers))?;
    // Without a payload, something has consumed a chunked body, or any body over HTTP/2.
    let had_a_body = request.chunked().unwrap_or_default() || request.version() == Version::HTTP_2;
    if matches!(payload, Payload::None) && had_a_body {
        return Err(reader.already_consumed(SystemTime::now()));
    }
    match timeout(reader.timeout(), read_chunks(&mut reader, payload)).await {
        Ok(read) => read?,
        Err(_) => return Err(reader.timed_out()),
    }
    reader.finish(SystemTime::now())
}

/// Returns a request as a [`Delivery`] without its body.
pub(crate) fn head<'a>(request: &'a HttpRequest, headers: &'a RequestHeaders<'a>) -> Delivery<'a> {
    Delivery::new(b"")
        .with_path(request.path())
        .with_query(request.query_string())
        .with_headers(headers)
        .with_peer(request.peer_addr())
}

async fn read_chunks<P: Provider>(
    reader: &mut BodyReader<'_, P>,
    mut payload: Payload,
) -> Result<(), NotDelivered> {
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut payload).poll_next(context)).await {
        match chunk {
            Ok(chunk) => reader.push(&chunk)?,
            Err(PayloadError::Overflow) => return Err(reader.too_large()),
            Err(_) => return Err(reader.incomplete()),
        }
    }
    Ok(())
}

/// A request's headers. actix-web still uses version 0.2 of the `http` crate.
pub(crate) struct RequestHeaders<'a>(pub(crate) &'a HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}
