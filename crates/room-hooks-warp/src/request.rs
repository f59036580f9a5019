use std::{convert::Infallible, time::SystemTime};

use futures_util::{Stream, TryStreamExt};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use room_hooks::{NotDelivered, Provider, Receiver};
use warp::{
    Buf, Filter,
    http::{HeaderMap, Method, Uri, request::Parts},
};

/// Extracts a request of any method: its head, and its body unless another filter has taken that.
pub(crate) fn request() -> impl Filter<
    Extract = (Parts, Option<impl Body<Data = impl Buf, Error = warp::Error> + Send>),
    Error = Infallible,
> + Clone
+ Send
+ Sync
+ 'static {
    let query = warp::query::raw().or_else(async |_| Ok::<_, Infallible>((String::new(),)));
    let head = warp::method().and(query).and(warp::header::headers_cloned()).map(parts);
    let body = warp::body::stream().map(|stream| Some(to_body(stream)));
    head.and(body.or_else(async |_| Ok::<_, Infallible>((None,))))
}

fn parts(method: Method, query: String, headers: HeaderMap) -> Parts {
    let mut request = warp::http::Request::new(());
    *request.method_mut() = method;
    if !query.is_empty() {
        // A query that arrived in a URI is valid in another.
        *request.uri_mut() = Uri::try_from(format!("/?{query}")).unwrap_or_default();
    }
    *request.headers_mut() = headers;
    request.into_parts().0
}

fn to_body<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> impl Body<Data = B, Error = warp::Error> + Send {
    StreamBody::new(stream.map_ok(Frame::data))
}

/// The end of a request whose body another filter has taken.
pub(crate) fn already_consumed<P: Provider>(receiver: &Receiver<P>, parts: &Parts) -> NotDelivered {
    let query = parts.uri.query().unwrap_or_default();
    match receiver.body_reader(parts.method.as_str(), query, &parts.headers) {
        Ok(reader) => reader.already_consumed(SystemTime::now()),
        Err(not_delivered) => not_delivered,
    }
}
