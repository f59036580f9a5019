//! warp under the contract. Its filter is extractor and guard in one.

use std::{net::TcpListener, process::ExitCode};

use room_hooks_contract::{Driver, Mount, Seen, Way, run, serve_until};
use room_hooks_warp::{
    Ack, Hooks, Receiver, RoomEvent, Verified, filter, recover, room_hook, tencent::Tencent,
    tencent_filter, trtc::Trtc,
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
        let serve = async |listener: tokio::net::TcpListener| {
            if mount == Mount::Hooks {
                let app = warp::path::end().and(filter(seen.hooks::<E>(receiver)));
                return warp::serve(app).incoming(listener).run().await;
            }
            if mount == Mount::Consumed {
                let consumed = warp::body::bytes().map(drop).untuple_one();
                let app = consumed.and(filter(seen.hooks::<E>(receiver)));
                return warp::serve(app).incoming(listener).run().await;
            }
            let on_event = move |verified: Verified<E>| {
                seen.event(&verified);
                Ack::<E::Provider>::new()
            };
            let app = warp::path::end().and(room_hook(receiver)).map(on_event).recover(recover);
            warp::serve(app).incoming(listener).run().await;
        };
        serve_until(stop, listener, serve).await;
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
