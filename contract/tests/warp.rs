//! The contract for warp, whose filter is both extractor and middleware.

use std::{net::TcpListener, process::ExitCode};

use room_hooks_contract::{Decide, Driver, Mount, Seen, Way, run, serve_until};
use room_hooks_warp::{
    Ack, Answer, HookRequest, Hooks, Provider, Question, Receiver, RoomEvent, Verified, filter,
    hook_request, recover, room_hook, tencent::Tencent, tencent_filter, trtc::Trtc,
};
use serde::Serialize;
use tokio::sync::oneshot;
use warp::Filter;

struct Warp;

impl Driver for Warp {
    const NAME: &'static str = "warp";

    const WAYS: &'static [Way] = &[Way::Extractor, Way::OneKind, Way::Hooks, Way::Consumed];

    #[tokio::main(flavor = "current_thread")]
    async fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    ) {
        assert_eq!(mount, Mount::Extractor, "warp has no middleware");
        let on_event = move |verified: Verified<E>| {
            seen.event(&verified);
            Ack::<E::Provider>::new()
        };
        let app = warp::path::end().and(room_hook(receiver)).map(on_event).recover(recover);
        serve_until(stop, listener, |listener| warp::serve(app).incoming(listener).run()).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    ) {
        if is_consumed {
            let app = warp::body::bytes().map(drop).untuple_one().and(filter(hooks));
            return serve_until(stop, listener, |listener| {
                warp::serve(app).incoming(listener).run()
            })
            .await;
        }
        let app = warp::path::end().and(filter(hooks));
        serve_until(stop, listener, |listener| warp::serve(app).incoming(listener).run()).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = warp::path!("hooks" / String / String).and(hook_request()).then(
            move |_tenant, _provider, request: HookRequest| {
                let hooks = hooks.clone();
                async move { request.deliver(&hooks).await }
            },
        );
        serve_until(stop, listener, |listener| warp::serve(app).incoming(listener).run()).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    ) {
        let on_question = move |asked: Verified<Q>| Answer(decide(&asked));
        let app = warp::path::end().and(room_hook(receiver)).map(on_question).recover(recover);
        serve_until(stop, listener, |listener| warp::serve(app).incoming(listener).run()).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = warp::path::end().and(tencent_filter(tencent, trtc));
        serve_until(stop, listener, |listener| warp::serve(app).incoming(listener).run()).await;
    }
}

fn main() -> ExitCode {
    run::<Warp>()
}
