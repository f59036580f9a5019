use std::{error::Error, net::SocketAddr, pin::pin, time::SystemTime};

use bytes::Buf;
use http::{header::TRANSFER_ENCODING, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError};
use room_hooks::{
    Callback, Delivery, NotDelivered, Provider, Receiver, Verified, adapter::BodyReader,
};
#[cfg(feature = "hooks")]
use room_hooks::{
    Hooks,
    adapter::CallbackResponse,
    tencent::{Protocol, Tencent},
    trtc::Trtc,
};
use tokio::time::timeout;

/// Reads the body of a request, within the receiver's limit and timeout, and verifies the request.
///
/// Also returns the body, for the service behind a middleware.
///
/// # Errors
///
/// The request is refused, or is of another kind: an event to be acknowledged, or a question to be
/// allowed (ZIM decides for itself).
pub async fn receive<E, B>(
    receiver: &Receiver<E::Provider>,
    parts: &Parts,
    body: B,
) -> Result<(Verified<E>, Vec<u8>), NotDelivered>
where
    E: Callback,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let body = read_body(receiver, parts, body).await?;
    let verified = receiver.receive(head(parts).with_body(&body), SystemTime::now())?;
    Ok((verified, body))
}

/// Reads the body of a request, within the receiver's limit and timeout, and has hooks handle the request.
#[cfg(feature = "hooks")]
pub async fn deliver<P, B>(hooks: &Hooks<P>, parts: &Parts, body: B) -> CallbackResponse
where
    P: Provider,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    match read_body(hooks.receiver(), parts, body).await {
        Ok(body) => hooks.deliver(head(parts).with_body(&body), SystemTime::now()).await,
        Err(not_delivered) => hooks.respond_to(&not_delivered),
    }
}

/// As [`deliver`], to the hooks of the protocol of Tencent's that the request speaks.
#[cfg(feature = "hooks")]
pub async fn deliver_tencent<B>(
    tencent: &Hooks<Tencent>,
    trtc: &Hooks<Trtc>,
    parts: &Parts,
    body: B,
) -> CallbackResponse
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    match Protocol::of(query(parts), &parts.headers) {
        Protocol::Query => deliver(tencent, parts, body).await,
        Protocol::Header => deliver(trtc, parts, body).await,
    }
}

/// The address that a request came from, among the extensions of the request. A server or a middleware that knows it
/// puts it there, so that [`RequestHead::peer`](room_hooks::RequestHead::peer) returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is an address")]
pub struct PeerAddr(pub SocketAddr);

/// A request without its body.
#[must_use]
pub fn head(parts: &Parts) -> Delivery<'_> {
    let peer = parts.extensions.get::<PeerAddr>().map(|peer| peer.0);
    Delivery::new(b"")
        .with_path(parts.uri.path())
        .with_query(query(parts))
        .with_headers(&parts.headers)
        .with_peer(peer)
}

fn query(parts: &Parts) -> &str {
    parts.uri.query().unwrap_or_default()
}

async fn read_body<P, B>(
    receiver: &Receiver<P>,
    parts: &Parts,
    body: B,
) -> Result<Vec<u8>, NotDelivered>
where
    P: Provider,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let method = parts.method.as_str();
    let mut reader = receiver.body_reader(method, head(parts))?;
    // Even an empty chunked body is at its end only once it has been read, unless something consumed it.
    if body.is_end_stream() && parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(reader.already_consumed(SystemTime::now()));
    }
    match timeout(reader.timeout(), read_frames(&mut reader, body)).await {
        Ok(read) => read?,
        Err(_) => return Err(reader.timed_out()),
    }
    reader.finish(SystemTime::now())
}

async fn read_frames<P, B>(reader: &mut BodyReader<'_, P>, body: B) -> Result<(), NotDelivered>
where
    P: Provider,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match is_over_a_limit(&*error.into()) {
            true => reader.too_large(),
            false => reader.incomplete(),
        })?;
        let Ok(mut data) = frame.into_data() else { continue };
        while data.has_remaining() {
            let chunk = data.chunk();
            reader.push(chunk)?;
            data.advance(chunk.len());
        }
    }
    Ok(())
}

/// Whether a limit that a middleware put around the body cut it off.
fn is_over_a_limit(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_over_a_limit)
}
