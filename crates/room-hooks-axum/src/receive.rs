use std::{error::Error, time::SystemTime};

use axum_core::body::Body;
use http::{HeaderMap, header::TRANSFER_ENCODING, request::Parts};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError};
use room_hooks::{
    BodyReader, Delivery, Headers, Provider, Receiver, RoomEvent, Unhandled, Verified,
};
use tokio::time::timeout;

/// Reads a request's body, within the receiver's limit and timeout, and verifies the whole. Hands
/// out the body as well, for whoever comes next.
pub(crate) async fn receive<E: RoomEvent>(
    receiver: &Receiver<E::Provider>,
    parts: &Parts,
    body: Body,
) -> Result<(Verified<E>, Vec<u8>), Unhandled> {
    let headers = RequestHeaders(&parts.headers);
    let body = read(receiver.body_reader(parts.method.as_str(), &headers)?, parts, body).await?;
    let verified = receiver.receive(delivery(parts, &headers, &body), SystemTime::now())?;
    Ok((verified, body))
}

/// Reads a request's body, within the receiver's limit and timeout.
pub(crate) async fn read<P: Provider>(
    mut reader: BodyReader<'_, P>,
    parts: &Parts,
    body: Body,
) -> Result<Vec<u8>, Unhandled> {
    let query = parts.uri.query().unwrap_or_default();
    // A chunked body has its end still ahead, even if that is all of it, unless something consumed it.
    if body.is_end_stream() && parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(reader.already_consumed(query, SystemTime::now()));
    }
    match timeout(reader.timeout(), read_chunks(&mut reader, body)).await {
        Ok(read) => read?,
        Err(_) => return Err(reader.timed_out()),
    }
    reader.finish(query, SystemTime::now())
}

pub(crate) fn delivery<'a>(
    parts: &'a Parts,
    headers: &'a RequestHeaders<'_>,
    body: &'a [u8],
) -> Delivery<'a> {
    Delivery::new(parts.uri.query().unwrap_or_default(), headers, body)
}

async fn read_chunks<P: Provider>(
    reader: &mut BodyReader<'_, P>,
    mut body: Body,
) -> Result<(), Unhandled> {
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => reader.push(frame.data_ref().map_or(&[], |chunk| chunk))?,
            Err(error) if is_over_a_limit(&error) => return Err(reader.too_large()),
            Err(_) => return Err(reader.incomplete()),
        }
    }
    Ok(())
}

/// Whether a limit that a middleware has put around the body cut it off.
fn is_over_a_limit(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_over_a_limit)
}

pub(crate) struct RequestHeaders<'a>(pub(crate) &'a HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(http::HeaderValue::as_bytes)
    }
}
