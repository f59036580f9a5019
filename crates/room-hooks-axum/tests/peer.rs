//! The peer's address, from the connection or from a middleware.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, time::SystemTime};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    middleware::map_request,
    routing::post,
};
use http_body_util::BodyExt;
use room_hooks_axum::{
    Hooks, PeerAddr, Receiver, RoomCreated, RoomHook, Verified, deliver, handler, zego::Zego,
};
use serde_json::json;
use tokio::sync::mpsc;
use tower::ServiceExt;

fn receiver() -> Receiver<Zego> {
    let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
    receiver.with_request_data(|head, data| data.insert("peer", head.peer()))
}

/// A request over a connection from 192.0.2.1.
fn request() -> Request {
    let zego = Zego::new(1, "secret").unwrap();
    let event = json!({"event": "room_create", "room_id": "lobby"});
    let body = zego.sign(&event, SystemTime::now()).unwrap().body;
    let connection: SocketAddr = "192.0.2.1:1000".parse().unwrap();
    Request::post("/").extension(ConnectInfo(connection)).body(Body::from(body)).unwrap()
}

async fn behind_a_proxy(mut request: Request) -> Request {
    let client: SocketAddr = "198.51.100.7:2000".parse().unwrap();
    request.extensions_mut().insert(PeerAddr(client));
    request
}

/// The peer that a handler of hooks receives.
async fn seen_by_hooks(route: impl FnOnce(Hooks<Zego>) -> Router) -> String {
    let (seen, mut peers) = mpsc::unbounded_channel();
    let hooks = Hooks::new(receiver()).on_with(
        seen,
        async |seen: mpsc::UnboundedSender<String>, created: Verified<RoomCreated>| {
            seen.send(created.request.get("peer").unwrap_or("none").to_owned()).unwrap();
        },
    );
    assert_eq!(route(hooks).oneshot(request()).await.unwrap().status(), 200);
    peers.recv().await.unwrap()
}

async fn seen_by_an_extractor(layered: impl FnOnce(Router) -> Router) -> String {
    async fn peer(RoomHook(created): RoomHook<RoomCreated>) -> String {
        created.request.get("peer").unwrap_or("none").to_owned()
    }
    let router = layered(Router::new().route("/", post(peer)).with_state(receiver()));
    let body = router.oneshot(request()).await.unwrap().into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn the_peer_is_the_address_of_the_connection() {
    let mounted = |hooks| Router::new().route("/", handler(hooks));
    assert_eq!(seen_by_hooks(mounted).await, "192.0.2.1:1000");
    assert_eq!(seen_by_an_extractor(|router| router).await, "192.0.2.1:1000");
}

#[tokio::test]
async fn a_peer_from_a_middleware_is_kept() {
    let mounted = |hooks| Router::new().route("/", handler(hooks));
    let layered = |router: Router| router.layer(map_request(behind_a_proxy));
    assert_eq!(seen_by_hooks(|hooks| layered(mounted(hooks))).await, "198.51.100.7:2000");
    let delivered = |hooks: Hooks<Zego>| {
        layered(
            Router::new()
                .route("/", post(async move |request: Request| deliver(&hooks, request).await)),
        )
    };
    assert_eq!(seen_by_hooks(delivered).await, "198.51.100.7:2000");
    assert_eq!(seen_by_an_extractor(layered).await, "198.51.100.7:2000");
}
