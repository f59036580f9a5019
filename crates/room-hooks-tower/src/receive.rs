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

/// Reads a request's body, within the receiver's limit and timeout, and verifies the request.
///
/// Also returns the body, which a middleware passes to its inner service.
///
/// # Errors
///
/// Fails if the request is refused, is a probe, or is not an `E`. The response to [`NotDelivered`]
/// acknowledges an event of another kind and allows a question of another kind (ZIM decides for
/// itself).
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

/// Reads a request's body within the receiver's limit and timeout, and passes the request to hooks.
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

/// Like [`deliver`], with the hooks for the Tencent protocol that the request uses.
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

/// The client's address, as a request extension.
///
/// A server, or a middleware that reads a trusted proxy's header, inserts it.
/// [`RequestHead::peer`](room_hooks::RequestHead::peer) then returns it:
///
/// ```
/// use std::net::SocketAddr;
///
/// use room_hooks_tower::{PeerAddr, Receiver, zego::Zego};
///
/// # fn example(zego: Zego, mut request: http::Request<()>, client: SocketAddr) {
/// // Handlers read it as `verified.request.get("peer")`.
/// let receiver =
///     Receiver::new(zego).with_request_data(|head, data| data.insert("peer", head.peer()));
/// request.extensions_mut().insert(PeerAddr(client));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "an address needs no other field")]
pub struct PeerAddr(pub SocketAddr);

/// Returns a request as a [`Delivery`] without its body.
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
    // A chunked body, even an empty one, ends only when it is read: something has consumed it.
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

/// Whether the error is from a middleware that limits the body.
fn is_over_a_limit(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_over_a_limit)
}
