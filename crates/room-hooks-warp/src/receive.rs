use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    time::SystemTime,
};

use futures_core::Stream;
use room_hooks::{BodyReader, Headers, Provider, Unhandled};
use tokio::time::timeout;
use warp::{
    Buf, Filter,
    http::{HeaderMap, HeaderValue, Method},
};

/// A request as its filters extract it; without a body if another filter has taken that.
pub(crate) struct Request<S> {
    pub(crate) method: Method,
    pub(crate) query: String,
    pub(crate) headers: RequestHeaders,
    pub(crate) body: Option<S>,
}

/// Extracts all of a request, of whatever method.
pub(crate) fn request() -> impl Filter<
    Extract = (Request<impl Stream<Item = Result<impl Buf, warp::Error>> + Send>,),
    Error = Infallible,
> + Clone
+ Send
+ Sync
+ 'static {
    let query = warp::query::raw().or_else(async |_| Ok::<_, Infallible>((String::new(),)));
    let body = warp::body::stream().map(Some).or_else(async |_| Ok::<_, Infallible>((None,)));
    warp::method().and(query).and(warp::header::headers_cloned()).and(body).map(
        |method, query, headers, body| Request {
            method,
            query,
            headers: RequestHeaders(headers),
            body,
        },
    )
}

/// Reads a request's body, within the receiver's limit and timeout.
pub(crate) async fn read<P, S, B>(
    mut reader: BodyReader<'_, P>,
    request: &mut Request<S>,
) -> Result<Vec<u8>, Unhandled>
where
    P: Provider,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    let Some(body) = request.body.take() else {
        return Err(reader.already_consumed(&request.query, SystemTime::now()));
    };
    match timeout(reader.timeout(), read_chunks(&mut reader, pin!(body))).await {
        Ok(read) => read?,
        Err(_) => return Err(reader.timed_out()),
    }
    reader.finish(&request.query, SystemTime::now())
}

async fn read_chunks<P, S, B>(
    reader: &mut BodyReader<'_, P>,
    mut body: Pin<&mut S>,
) -> Result<(), Unhandled>
where
    P: Provider,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let mut chunk = chunk.map_err(|_| reader.incomplete())?;
        while chunk.has_remaining() {
            let contiguous = chunk.chunk();
            reader.push(contiguous)?;
            chunk.advance(contiguous.len());
        }
    }
    Ok(())
}

pub(crate) struct RequestHeaders(HeaderMap);

impl Headers for RequestHeaders {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}
