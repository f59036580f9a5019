//! The contract for axum.

use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    middleware::map_request,
    routing::{MethodRouter, any},
};
use room_hooks_axum::{
    Ack, Answer, Hooks, Provider, Question, Receiver, RoomEvent, RoomHook, VerifyLayer, deliver,
    handler, tencent::Tencent, tencent_handler, trtc::Trtc,
};
use room_hooks_contract::{Decide, Driver, Mount, Seen, Way, run, serve_until};
use serde::Serialize;
use tokio::sync::oneshot;

struct Axum;

impl Driver for Axum {
    const NAME: &'static str = "axum";

    const WAYS: &'static [Way] = &[
        Way::Extractor,
        Way::OneKind,
        Way::Guard,
        Way::GuardAndExtractor,
        Way::Hooks,
        Way::Consumed,
    ];

    #[tokio::main(flavor = "current_thread")]
    async fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    ) {
        serve(listener, routes::<E>(mount, receiver, seen), stop).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    ) {
        let route = match is_consumed {
            true => handler(hooks).layer(map_request(consume)),
            false => handler(hooks),
        };
        serve(listener, at_root(route), stop).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    ) {
        let receive = async move |request: Request| deliver(&hooks, request).await;
        let app = Router::new().route("/hooks/{tenant}/{provider}", any(receive));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let serve = async |listener| axum::serve(listener, app).await.expect("the server runs");
        serve_until(stop, listener, serve).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    ) {
        let on_question = async move |RoomHook(asked): RoomHook<Q>| Answer(decide(&asked));
        serve(listener, at_root(any(on_question).with_state(receiver)), stop).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        serve(listener, at_root(tencent_handler(tencent, trtc)), stop).await;
    }
}

async fn serve(listener: TcpListener, app: Router, stop: oneshot::Receiver<()>) {
    let serve = async |listener| axum::serve(listener, app).await.expect("the server runs");
    serve_until(stop, listener, serve).await;
}

fn at_root(route: MethodRouter) -> Router {
    Router::new().route("/", route)
}

async fn consume(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    to_bytes(body, usize::MAX).await.expect("the body arrives");
    Request::from_parts(parts, Body::empty())
}

fn routes<E: RoomEvent + Serialize>(
    mount: Mount,
    receiver: Receiver<E::Provider>,
    seen: Seen,
) -> Router {
    let event = seen.clone();
    let on_event = async move |RoomHook(verified): RoomHook<E>| {
        event.event(&verified);
        Ack::<E::Provider>::new()
    };
    let on_body = async move |body: Bytes| {
        seen.body(&body);
        Ack::<E::Provider>::new()
    };
    let routes = match mount {
        Mount::Guard => any(on_body),
        _ => any(on_event),
    };
    let routes = match mount {
        Mount::Extractor => routes,
        _ => routes.layer(VerifyLayer::new(receiver.clone())),
    };
    Router::new().route("/", routes.with_state(receiver))
}

fn main() -> ExitCode {
    run::<Axum>()
}
