//! Tests specific to the actix-web adapter: the place of the receiver, and consumed bodies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_http::{Request, body::BoxBody};
use actix_web::{
    App, Error, HttpServer,
    dev::{Payload, Service, ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    },
    middleware::{Next, from_fn},
    rt::time::sleep,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use room_hooks_actix::{
    Ack, Hooks, Receiver, RoomCreated, RoomHook, RoomHookError, Verified, Verify, resource,
    tencent::{self, Tencent},
    zego::Zego,
};
use serde_json::json;

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn signed() -> Vec<u8> {
    let event = json!({"event": "room_create", "room_id": "lobby"});
    zego().sign(&event, SystemTime::now()).unwrap().body
}

fn request(body: Vec<u8>) -> TestRequest {
    let length = body.len();
    TestRequest::post().uri("/").set_payload(body).insert_header((CONTENT_LENGTH, length))
}

/// Responds with the room's id, which shows that the handler was called.
async fn room(RoomHook(created): RoomHook<RoomCreated>) -> String {
    created.into_inner().room_id
}

async fn answer(
    app: impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
    request: TestRequest,
) -> (StatusCode, web::Bytes) {
    let response = call_service(&app, request.to_request()).await;
    (response.status(), read_body(response).await)
}

#[actix_web::test]
async fn the_receiver_can_be_in_a_web_data() {
    let shared = web::Data::new(Receiver::new(zego()));
    let app = init_service(App::new().app_data(shared).route("/", web::to(room))).await;
    assert_eq!(answer(app, request(signed())).await, (StatusCode::OK, "lobby".into()));
}

#[actix_web::test]
async fn without_a_receiver_the_response_is_500() {
    async fn acked(_: RoomHook<tencent::Event>) -> Ack<Tencent> {
        Ack::new()
    }
    let app = init_service(App::new().route("/", web::to(acked))).await;
    let (status, body) = answer(app, request(Vec::new())).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body, r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#);
}

/// If it counted as an empty body, Tencent's receiver would acknowledge it as a probe.
#[actix_web::test]
async fn a_body_that_another_extractor_consumed_is_not_an_empty_body() {
    async fn both(_: web::Bytes, _: RoomHook<RoomCreated>) -> &'static str {
        "called"
    }
    let app = App::new().app_data(Receiver::new(zego())).route("/", web::to(both));
    let app = init_service(app).await;
    let taken = (StatusCode::INTERNAL_SERVER_ERROR, web::Bytes::new());
    assert_eq!(answer(&app, request(signed())).await, taken);
    let chunked = TestRequest::post().uri("/").set_payload(signed());
    let chunked = chunked.insert_header((TRANSFER_ENCODING, "chunked"));
    assert_eq!(answer(&app, chunked).await, taken);
}

#[actix_web::test]
async fn behind_the_middleware_the_extractor_does_not_verify_again() {
    async fn without_body(
        mut request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        request.set_payload(Payload::None);
        next.call(request).await
    }
    let guarded = web::resource("/").route(web::to(room)).wrap(from_fn(without_body));
    let app = init_service(App::new().service(guarded.wrap(Verify::new(zego())))).await;
    let response = call_service(&app, request(signed()).to_request()).await;
    assert_eq!((response.status(), &*read_body(response).await), (StatusCode::OK, &b"lobby"[..]));
}

/// The middleware may be less strict than the extractor, or belong to another app.
#[actix_web::test]
async fn behind_the_middleware_of_another_receiver_the_extractor_verifies_again() {
    let elsewhere = Receiver::new(Zego::new(2, "another secret").unwrap());
    let inner = web::resource("").app_data(elsewhere).route(web::to(room));
    let outer = web::scope("/").wrap(Verify::new(zego())).service(inner);
    let app = init_service(App::new().service(outer)).await;
    let response = call_service(&app, request(signed()).to_request()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn hooks_are_a_resource_like_any_other() {
    let hooks = Hooks::new(zego()).fallback(async |_| {});
    let app = App::new()
        .service(resource("/hooks/zego", hooks.clone()))
        .service(web::scope("/tenants/{tenant}").service(resource("/zego/", hooks)));
    let app = init_service(app).await;
    for (path, status) in [
        ("/hooks/zego", StatusCode::OK),
        ("/hooks/zego?a=b", StatusCode::OK),
        ("/tenants/7/zego/", StatusCode::OK),
        ("/hooks/zego/", StatusCode::NOT_FOUND),
        ("/hooks/zego/elsewhere", StatusCode::NOT_FOUND),
        ("/tenants/7/zego", StatusCode::NOT_FOUND),
        ("/hooks/zegos", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(answer(&app, request(signed()).uri(path)).await.0, status, "{path}");
    }
}

#[actix_web::test]
async fn an_error_has_the_status_of_its_response() {
    async fn status(hook: Result<RoomHook<RoomCreated>, RoomHookError>) -> String {
        let error = hook.unwrap_err();
        format!("{} {}", error.status().as_u16(), error.refusal().is_some())
    }
    let app = App::new().app_data(Receiver::new(zego())).route("/", web::to(status));
    let app = init_service(app).await;
    let exited = json!({"event": "room_exit", "room_id": "lobby"});
    let exited = zego().sign(&exited, SystemTime::now()).unwrap().body;
    for (request, expected) in [
        (request(b"{}".to_vec()), "400 true"),
        (request(exited), "200 false"),
        (TestRequest::get().uri("/"), "405 true"),
    ] {
        assert_eq!(answer(&app, request).await, (StatusCode::OK, expected.into()));
    }
}

/// A worker's runtime ends with the worker, and would cancel the handler if it ran there.
#[actix_web::test]
async fn wait_idle_waits_for_a_handler_that_outlives_the_server() {
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    let hooks = Hooks::new(zego()).with_handler_timeout(Duration::from_millis(50)).on(
        move |_: Verified<RoomCreated>| {
            let end = Arc::clone(&end);
            async move {
                sleep(Duration::from_millis(500)).await;
                end.store(true, Ordering::SeqCst);
            }
        },
    );
    let mounted = hooks.clone();
    let server = HttpServer::new(move || App::new().service(resource("/", mounted.clone())));
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);
    let body = signed();
    let sent = actix_web::rt::task::spawn_blocking(move || send(address, &body)).await.unwrap();
    assert!(sent.starts_with("HTTP/1.1 503"), "{sent}");
    handle.stop(true).await;
    serving.await.unwrap().unwrap();
    assert!(!ended.load(Ordering::SeqCst));
    hooks.wait_idle().await;
    assert!(ended.load(Ordering::SeqCst));
}

fn send(address: SocketAddr, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
