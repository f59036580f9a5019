//! `listen --forward-to` in front of an app: the contract's cases hold as without it.

#![expect(clippy::unwrap_used, clippy::unreachable, reason = "a test fails by panicking")]

mod program;

use std::{
    net::TcpListener,
    process::{ExitCode, Stdio},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::map_request,
    routing::any,
};
use room_hooks::{Hooks, Provider, Question, Receiver, RoomEvent, tencent::Tencent, trtc::Trtc};
use room_hooks_axum::{Answer, RoomHook, handler, tencent_handler};
use room_hooks_contract::{
    Decide, Driver, Mount, Seen, TENCENT_TOKEN, TRTC_KEY, Way, ZEGO_SECRET, run_behind_proxy,
    serve_until,
};
use serde::Serialize;
use tokio::{io::copy_bidirectional, net::TcpStream, sync::oneshot};

use self::program::{Server, command};

struct Forwarded;

impl Driver for Forwarded {
    const NAME: &'static str = "listen --forward-to";

    const WAYS: &'static [Way] = &[Way::Hooks];

    fn serve<E: RoomEvent + Serialize>(
        _: TcpListener,
        _: Mount,
        _: Receiver<E::Provider>,
        _: Seen,
        _: oneshot::Receiver<()>,
    ) {
        unreachable!("only hooks are served")
    }

    fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    ) {
        let route = match is_consumed {
            true => handler(hooks).layer(map_request(consume)),
            false => handler(hooks),
        };
        serve::<P>(listener, Router::new().route("/", route), stop);
    }

    fn serve_tenants<P: Provider>(_: TcpListener, _: Hooks<P>, _: oneshot::Receiver<()>) {
        unreachable!("the secrets of `listen` do not depend on the path")
    }

    fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    ) {
        let on_question = async move |RoomHook(asked): RoomHook<Q>| Answer(decide(&asked));
        let app = Router::new().route("/", any(on_question).with_state(receiver));
        serve::<Q::Provider>(listener, app, stop);
    }

    /// Only Tencent's protocol is sent.
    fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = Router::new().route("/", tencent_handler(tencent, trtc));
        serve::<Tencent>(listener, app, stop);
    }
}

async fn consume(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    to_bytes(body, usize::MAX).await.unwrap();
    Request::from_parts(parts, Body::empty())
}

/// Serves an app on its own port, and relays the suite's connections to the program in front of it.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn serve<P: Provider>(listener: TcpListener, app: Router, stop: oneshot::Receiver<()>) {
    let app_listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", app_listener.local_addr().unwrap());
    let app = tokio::spawn(async move { axum::serve(app_listener, app).await });

    let mut listen = command(&["listen", "--forward-to", &origin]);
    listen.args(["--path", &format!("{}=/", P::NAME)]);
    listen.env("ZEGO_CALLBACK_SECRET", ZEGO_SECRET);
    listen.env("TENCENT_TOKEN", TENCENT_TOKEN).env("TRTC_KEY", TRTC_KEY);
    let proxy = Server::start_printing_to(Stdio::null(), listen);
    let address = proxy.origin.strip_prefix("http://").unwrap().to_owned();
    // The suite chose its port before the program started.
    serve_until(stop, listener, async |listener| {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let address = address.clone();
            tokio::spawn(async move {
                let mut proxy = TcpStream::connect(address).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut proxy).await;
            });
        }
    })
    .await;
    app.abort();
}

fn main() -> ExitCode {
    run_behind_proxy::<Forwarded>()
}
