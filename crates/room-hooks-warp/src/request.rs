use std::{convert::Infallible, net::SocketAddr, time::SystemTime};

use futures_util::{Stream, TryStreamExt};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use room_hooks::{NotDelivered, Provider, Receiver};
use room_hooks_tower::{PeerAddr, adapter::head};
use warp::{
    Buf, Filter,
    http::{HeaderMap, Method, Uri, request::Parts},
    path::FullPath,
};

/// Extracts a request of any method: its head, and its body unless another filter has consumed it.
pub(crate) fn request() -> impl Filter<
    Extract = (Parts, Option<impl Body<Data = impl Buf, Error = warp::Error> + Send>),
    Error = Infallible,
> + Clone
+ Send
+ Sync
+ 'static {
    let query = warp::query::raw().or_else(async |_| Ok::<_, Infallible>((String::new(),)));
    let head = warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::addr::remote())
        .map(parts);
    let body = warp::body::stream().map(|stream| Some(to_body(stream)));
    head.and(body.or_else(async |_| Ok::<_, Infallible>((None,))))
}

fn parts(
    method: Method,
    path: FullPath,
    query: String,
    headers: HeaderMap,
    peer: Option<SocketAddr>,
) -> Parts {
    let mut request = warp::http::Request::new(());
    *request.method_mut() = method;
    // The path and the query come from a valid URI, so this one is valid, too.
    let question_mark = if query.is_empty() { "" } else { "?" };
    let uri = format!("{}{question_mark}{query}", path.as_str());
    *request.uri_mut() = Uri::try_from(uri).unwrap_or_default();
    if let Some(peer) = peer {
        request.extensions_mut().insert(PeerAddr(peer));
    }
    *request.headers_mut() = headers;
    request.into_parts().0
}

fn to_body<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> impl Body<Data = B, Error = warp::Error> + Send {
    StreamBody::new(stream.map_ok(Frame::data))
}

/// The outcome of a request whose body another filter has consumed.
pub(crate) fn already_consumed<P: Provider>(receiver: &Receiver<P>, parts: &Parts) -> NotDelivered {
    match receiver.body_reader(parts.method.as_str(), head(parts)) {
        Ok(reader) => reader.already_consumed(SystemTime::now()),
        Err(not_delivered) => not_delivered,
    }
}
