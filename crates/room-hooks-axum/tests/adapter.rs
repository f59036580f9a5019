//! Tests specific to the axum adapter: state, layers, and the framework's limits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request},
    http::{
        Method, StatusCode,
        header::{ALLOW, CONTENT_LENGTH},
    },
    middleware::map_request,
    routing::{any, post},
};
use http_body_util::{BodyExt, Limited, StreamBody};
use room_hooks_axum::{
    Ack, Hooks, Receiver, RoomCreated, RoomHook, RoomHookRejection, Verify, VerifyLayer, handler,
    zego::{self, Zego},
};
use serde_json::json;
use tower::ServiceExt;

fn receiver() -> Receiver<Zego> {
    Receiver::new(Zego::new(1, "secret").unwrap())
}

fn signed(event: &str, padding: usize) -> Bytes {
    let zego = Zego::new(1, "secret").unwrap();
    let event = json!({"event": event, "room_id": "lobby", "padding": " ".repeat(padding)});
    zego.sign(&event, SystemTime::now()).unwrap().body.into()
}

fn request(body: impl Into<Body>) -> Request {
    Request::post("/").body(body.into()).unwrap()
}

/// A body of chunks, without a length.
fn chunked(body: Bytes) -> Body {
    let chunks: Vec<_> = body.chunks(1024).map(Bytes::copy_from_slice).collect();
    let frames = chunks.into_iter().map(|chunk| Ok::<_, Infallible>(http_body::Frame::data(chunk)));
    Body::new(StreamBody::new(tokio_stream::iter(frames)))
}

async fn answer(router: Router, request: Request) -> (StatusCode, Bytes) {
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

/// Responds with the room's id, which shows that the handler was called.
async fn room(RoomHook(created): RoomHook<RoomCreated>) -> String {
    created.into_inner().room_id
}

fn extracting(receiver: Receiver<Zego>) -> Router {
    Router::new().route("/", any(room)).with_state(receiver)
}

#[tokio::test]
async fn the_extractor_passes_the_event_and_the_ack_has_the_providers_format() {
    let seen = answer(extracting(receiver()), request(signed("room_create", 0))).await;
    assert_eq!(seen, (StatusCode::OK, "lobby".into()));

    async fn acked(_: RoomHook<zego::Event>) -> Ack<Zego> {
        Ack::new()
    }
    let router = Router::new().route("/", post(acked)).with_state(receiver());
    assert_eq!(answer(router, request(signed("x", 0))).await, (StatusCode::OK, Bytes::new()));
}

#[tokio::test]
async fn an_event_of_another_kind_is_acknowledged_without_the_handler() {
    let seen = answer(extracting(receiver()), request(signed("room_exit", 0))).await;
    assert_eq!(seen, (StatusCode::OK, Bytes::new()));
}

#[tokio::test]
async fn a_refusal_is_a_bare_status_without_its_reason() {
    let body = String::from_utf8(signed("room_create", 0).to_vec()).unwrap();
    let forged = body.replace("\"signature\":\"", "\"signature\":\"0");
    let seen = answer(extracting(receiver()), request(forged.clone())).await;
    assert_eq!(seen, (StatusCode::UNAUTHORIZED, Bytes::new()));

    async fn reason(hook: Result<RoomHook<RoomCreated>, RoomHookRejection>) -> String {
        hook.unwrap_err().refusal().unwrap().to_string()
    }
    let router = Router::new().route("/", post(reason)).with_state(receiver());
    assert_eq!(answer(router, request(forged)).await.1, "the signature is wrong");
}

#[tokio::test]
async fn the_layer_guards_a_handler_without_extractor_and_passes_on_the_body() {
    async fn echo(body: Bytes) -> Bytes {
        body
    }
    let router = Router::new().route("/", post(echo)).layer(VerifyLayer::new(receiver()));
    let body = signed("room_create", 0);
    let seen = answer(router.clone(), request(body.clone())).await;
    assert_eq!(seen, (StatusCode::OK, body));
    assert_eq!(answer(router, request("{}")).await, (StatusCode::BAD_REQUEST, Bytes::new()));
}

#[tokio::test]
async fn behind_the_layer_the_extractor_does_not_verify_again() {
    async fn without_body(request: Request) -> Request {
        request.map(|_| Body::empty())
    }
    let receiver = receiver();
    let router = extracting(receiver.clone())
        .layer(map_request(without_body))
        .layer(VerifyLayer::new(receiver));
    let seen = answer(router, request(signed("room_create", 0))).await;
    assert_eq!(seen, (StatusCode::OK, "lobby".into()));
}

/// The layer may be less strict than the extractor, or belong to another app.
#[tokio::test]
async fn behind_the_layer_of_another_receiver_the_extractor_verifies_again() {
    let elsewhere = Receiver::new(Zego::new(2, "another secret").unwrap());
    let router = extracting(elsewhere).layer(VerifyLayer::new(receiver()));
    let seen = answer(router, request(signed("room_create", 0))).await;
    assert_eq!(seen, (StatusCode::UNAUTHORIZED, Bytes::new()));
}

#[tokio::test]
async fn other_methods_than_post_are_refused() {
    async fn never() {
        unreachable!("only a POST request is verified");
    }
    let guarded = Router::new().route("/", any(never)).layer(VerifyLayer::new(receiver()));
    for router in [extracting(receiver()), guarded] {
        let get = Request::builder().method(Method::GET).uri("/").body(Body::empty()).unwrap();
        let response = router.oneshot(get).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[ALLOW], "POST");
    }
}

#[tokio::test]
async fn the_receivers_limit_applies_with_and_without_a_length() {
    let body = signed("room_create", 5000);
    for (limit, status) in
        [(body.len(), StatusCode::OK), (body.len() - 1, StatusCode::PAYLOAD_TOO_LARGE)]
    {
        for body in [Body::from(body.clone()), chunked(body.clone())] {
            let router = extracting(receiver().with_body_limit(limit));
            assert_eq!(answer(router, request(body)).await.0, status);
        }
    }
}

#[tokio::test]
async fn axums_limits_and_the_receivers_do_not_mask_each_other() {
    let large = receiver().with_body_limit(8 * 1024 * 1024);
    let body = signed("room_create", 3 * 1024 * 1024);
    let router = extracting(large.clone()).layer(DefaultBodyLimit::max(1024));
    assert_eq!(answer(router, request(body.clone())).await.0, StatusCode::OK);

    async fn limited(request: Request) -> Request {
        request.map(|body| Body::new(Limited::new(body, 1024)))
    }
    let router = extracting(large).layer(map_request(limited));
    assert_eq!(answer(router, request(chunked(body))).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_stalled_or_incomplete_body_is_refused() {
    let stalled = Body::new(StreamBody::new(tokio_stream::pending::<
        Result<http_body::Frame<Bytes>, Infallible>,
    >()));
    let quick = receiver().with_body_timeout(Duration::from_millis(20));
    assert_eq!(answer(extracting(quick), request(stalled)).await.0, StatusCode::REQUEST_TIMEOUT);

    let broken = Body::new(StreamBody::new(tokio_stream::once(Err::<http_body::Frame<Bytes>, _>(
        std::io::Error::other("reset"),
    ))));
    assert_eq!(answer(extracting(receiver()), request(broken)).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn hooks_are_a_route_like_any_other() {
    let hooks = Hooks::new(Zego::new(1, "secret").unwrap()).fallback(async |_| {});
    let merged = Router::new().route("/merged", handler(hooks.clone()));
    let app: Router = Router::new()
        .route("/", any(async || "the app's home page"))
        .route("/hooks/zego", handler(hooks.clone()))
        .route("/tenants/{tenant}/zego/", handler(hooks))
        .merge(merged)
        .fallback(async || (StatusCode::NOT_FOUND, "the app's fallback"));
    for (path, expected) in [
        ("/hooks/zego", (StatusCode::OK, "")),
        ("/hooks/zego?a=b", (StatusCode::OK, "")),
        ("/tenants/7/zego/", (StatusCode::OK, "")),
        ("/merged", (StatusCode::OK, "")),
        ("/hooks/zego/", (StatusCode::NOT_FOUND, "the app's fallback")),
        ("/hooks/zego/elsewhere", (StatusCode::NOT_FOUND, "the app's fallback")),
        ("/tenants/7/zego", (StatusCode::NOT_FOUND, "the app's fallback")),
        ("/hooks", (StatusCode::NOT_FOUND, "the app's fallback")),
        ("/", (StatusCode::OK, "the app's home page")),
    ] {
        let request = Request::post(path).body(signed("room_create", 0).into()).unwrap();
        let (status, body) = answer(app.clone(), request).await;
        assert_eq!((status, &*body), (expected.0, expected.1.as_bytes()), "{path}");
    }
}

#[tokio::test]
async fn a_rejection_has_the_status_of_its_response() {
    async fn status(hook: Result<RoomHook<RoomCreated>, RoomHookRejection>) -> String {
        let rejection = hook.unwrap_err();
        format!("{} {:?}", rejection.status().as_u16(), rejection.refusal().is_some())
    }
    let router = Router::new().route("/", any(status)).with_state(receiver());
    for (request, expected) in [
        (request("{}"), "400 true"),
        (request(signed("room_exit", 0)), "200 false"),
        (Request::get("/").body(Body::empty()).unwrap(), "405 true"),
    ] {
        assert_eq!(answer(router.clone(), request).await, (StatusCode::OK, expected.into()));
    }
}

#[test]
fn public_types_can_be_cloned_and_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Receiver<Zego>>();
    shared::<RoomHook<RoomCreated>>();
    shared::<VerifyLayer<Zego>>();
    shared::<Verify<Zego, axum::routing::Route>>();
    shared::<RoomHookRejection>();
}

/// If it counted as an empty body, Tencent's receiver would acknowledge it as a probe.
#[tokio::test]
async fn a_body_that_a_middleware_consumed_is_not_an_empty_body() {
    async fn take(request: Request) -> Request {
        request.map(|_| Body::empty())
    }
    let router = extracting(receiver()).layer(map_request(take));
    let body = signed("room_create", 0);
    let mut request = request(body.clone());
    request.headers_mut().insert(CONTENT_LENGTH, body.len().into());
    assert_eq!(answer(router, request).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}
