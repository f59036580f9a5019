//! Tests specific to the tower adapter: bodies of any type, readiness, extensions and limits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, Limited, StreamBody, combinators::BoxBody};
use room_hooks_tower::{
    Hooks, NotDelivered, Receiver, RoomCreated, Verified, VerifiedExtension, VerifyLayer,
    acknowledged, adapter::Received, service, zego::Zego,
};
use serde_json::json;
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};

fn receiver() -> Receiver<Zego> {
    Receiver::new(Zego::new(1, "secret").unwrap())
}

fn signed(event: &str) -> Bytes {
    let zego = Zego::new(1, "secret").unwrap();
    let event = json!({"event": event, "room_id": "lobby"});
    zego.sign(&event, SystemTime::now()).unwrap().body.into()
}

fn post<B>(body: B) -> Request<B> {
    Request::post("/").body(body).unwrap()
}

/// A body of chunks of a type other than `Bytes`, without a length and with trailers.
fn chunked(body: &Bytes) -> impl Body<Data = io::Cursor<Vec<u8>>, Error = Infallible> + use<> {
    let chunks: Vec<_> = body.chunks(7).map(<[u8]>::to_vec).collect();
    let frames = chunks.into_iter().map(|chunk| Frame::data(io::Cursor::new(chunk)));
    let frames = frames.chain([Frame::trailers(http::HeaderMap::new())]);
    StreamBody::new(tokio_stream::iter(frames.map(Ok)))
}

/// The status of the response, and the room that a handler of `Hooks` received.
async fn deliver<B>(request: Request<B>) -> (StatusCode, Option<String>)
where
    B: Body<Data: Send, Error: Into<tower::BoxError>> + Send + 'static,
{
    let (sender, mut rooms) = tokio::sync::mpsc::unbounded_channel();
    let hooks = Hooks::new(receiver())
        .on_with(sender, async |sender, created: Verified<RoomCreated>| {
            sender.send(created.into_inner().room_id)
        });
    let response = service(hooks).oneshot(request).await.unwrap();
    (response.status(), rooms.try_recv().ok())
}

#[tokio::test]
async fn hooks_take_bodies_of_any_type() {
    let handled = (StatusCode::OK, Some("lobby".to_owned()));
    assert_eq!(deliver(post(Full::new(signed("room_create")))).await, handled);
    assert_eq!(deliver(post(chunked(&signed("room_create")))).await, handled);
    assert_eq!(deliver(post(BoxBody::new(chunked(&signed("room_create"))))).await, handled);
    let exited = deliver(post(Full::new(signed("room_exit")))).await;
    assert_eq!(exited, (StatusCode::OK, None));
    assert_eq!(deliver(post(Empty::<Bytes>::new())).await, (StatusCode::BAD_REQUEST, None));
}

#[tokio::test(start_paused = true)]
async fn bodies_that_end_badly_are_refused() {
    let body = signed("room_create");
    let limited = post(Limited::new(Full::new(body.clone()), 10));
    assert_eq!(deliver(limited).await, (StatusCode::PAYLOAD_TOO_LARGE, None));
    let broken = tokio_stream::once(Err::<Frame<Bytes>, _>(io::Error::other("reset")));
    assert_eq!(deliver(post(StreamBody::new(broken))).await, (StatusCode::BAD_REQUEST, None));
    let stalled = tokio_stream::pending::<Result<Frame<Bytes>, Infallible>>();
    assert_eq!(deliver(post(StreamBody::new(stalled))).await, (StatusCode::REQUEST_TIMEOUT, None));
    let mut consumed = post(Empty::<Bytes>::new());
    consumed.headers_mut().insert(CONTENT_LENGTH, body.len().into());
    assert_eq!(deliver(consumed).await, (StatusCode::INTERNAL_SERVER_ERROR, None));
}

#[tokio::test]
async fn the_layer_passes_on_the_body_and_the_verified_event() {
    async fn room(
        mut request: Request<Full<Bytes>>,
    ) -> io::Result<Response<BoxBody<Bytes, io::Error>>> {
        let extension = request.extensions_mut().remove::<VerifiedExtension<Zego>>().unwrap();
        let created: Verified<RoomCreated> = extension.into_verified().unwrap();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, created.document.as_str());
        let room = Full::new(Bytes::from(created.into_inner().room_id));
        Ok(Response::new(BoxBody::new(room.map_err(|never| match never {}))))
    }
    let app = VerifyLayer::new(receiver()).layer(service_fn(room));
    let response = app.clone().oneshot(post(chunked(&signed("room_create")))).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "lobby");
    let refused = app.oneshot(post(Full::<Bytes>::from("{}"))).await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test]
async fn an_extension_is_only_for_the_receiver_that_verified_it() {
    let verified = receiver();
    let delivery = signed("room_create");
    let delivery = room_hooks_tower::Delivery::new(&delivery);
    let event = verified.receive::<Received<Zego>>(delivery, SystemTime::now()).unwrap();
    let extension = VerifiedExtension::new(verified.clone(), event);
    assert!(extension.clone().verified_by::<RoomCreated>(&verified).is_some());
    assert!(extension.verified_by::<RoomCreated>(&receiver()).is_none());
}

/// A service that panics unless this very value was polled ready, like one that acquires a permit.
#[derive(Debug, Default)]
struct Permit(bool);

impl Clone for Permit {
    fn clone(&self) -> Self {
        Self(false)
    }
}

impl Service<Request<Bytes>> for Permit {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0 = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        assert!(self.0, "called before it was polled ready");
        ready(Ok(Response::default()))
    }
}

#[tokio::test]
async fn the_layer_calls_the_service_that_was_polled_ready() {
    let mut verify = VerifyLayer::new(receiver()).layer(Permit::default());
    for _ in 0..2 {
        let request = post(Full::new(signed("room_create")));
        let ready = ServiceExt::<Request<Full<Bytes>>>::ready(&mut verify).await.unwrap();
        assert_eq!(ready.call(request).await.unwrap().status(), StatusCode::OK);
    }
}

/// Otherwise, slow senders could occupy a service that limits its concurrency.
#[tokio::test(start_paused = true)]
async fn a_request_occupies_the_inner_service_only_once_it_is_verified() {
    let inner = ConcurrencyLimit::new(service_fn(async |_: Request<Bytes>| acknowledge()), 1);
    let verify = VerifyLayer::new(receiver()).layer(inner);
    let stalled = tokio_stream::pending::<Result<Frame<Bytes>, Infallible>>();
    let stalled = tokio::spawn(verify.clone().oneshot(post(StreamBody::new(stalled))));
    tokio::task::yield_now().await;
    let honest = verify.oneshot(post(Full::new(signed("room_create"))));
    // Shorter than the body timeout, which ends the stalled request.
    let response = tokio::time::timeout(Duration::from_secs(1), honest).await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    stalled.abort();
}

fn acknowledge() -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(acknowledged::<Zego>())
}

/// Responds with an empty body if the inner service takes too long, like tower-http's timeout.
fn with_timeout<S, R: Default>(
    inner: S,
) -> impl Service<Request<Full<Bytes>>, Response = Response<R>, Error = S::Error>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone,
{
    service_fn(move |request| {
        let inner = inner.clone();
        async {
            let answered = tokio::time::timeout(Duration::from_secs(1), inner.oneshot(request));
            answered.await.unwrap_or_else(|_| {
                let mut response = Response::new(R::default());
                *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
                Ok(response)
            })
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_middleware_that_creates_empty_bodies_can_wrap_the_layer() {
    let slow = service_fn(async |_: Request<Bytes>| {
        tokio::time::sleep(Duration::from_secs(9)).await;
        acknowledge()
    });
    let app = with_timeout(VerifyLayer::new(receiver()).layer(slow));
    let response = app.oneshot(post(Full::new(signed("room_create")))).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test]
async fn an_extension_with_an_event_of_another_kind_is_an_error() {
    let kinds = service_fn(async |mut request: Request<Bytes>| {
        let extension = request.extensions_mut().remove::<VerifiedExtension<Zego>>().unwrap();
        let other = extension.into_verified::<RoomCreated>().unwrap_err();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(other.to_string())))
    });
    let app = VerifyLayer::new(receiver()).layer(kinds);
    let response = app.oneshot(post(Full::new(signed("room_exit")))).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, NotDelivered::OtherKind.to_string());
}

#[test]
fn public_types_can_be_cloned_and_shared() {
    /// Neither `Clone` nor `Debug`, like most body types.
    struct AnyBody;

    fn shared<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
    shared::<VerifyLayer<Zego, AnyBody>>();
    shared::<room_hooks_tower::Verify<Zego, Permit, AnyBody>>();
    shared::<room_hooks_tower::HooksService<Zego>>();
}

#[tokio::test]
async fn after_its_timeout_a_handler_continues_in_the_background() {
    let ended = Arc::new(AtomicBool::new(false));
    let hooks = Hooks::new(receiver()).with_handler_timeout(Duration::from_millis(20));
    let hooks = hooks.on_with(Arc::clone(&ended), async |ended, _: Verified<RoomCreated>| {
        tokio::time::sleep(Duration::from_millis(200)).await;
        ended.store(true, Ordering::SeqCst);
    });
    let request = post(Full::new(signed("room_create")));
    let response = service(hooks.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "2");
    assert!(!ended.load(Ordering::SeqCst));
    hooks.wait_idle().await;
    assert!(ended.load(Ordering::SeqCst));
}
