//! warp under the contract. Its filter is extractor and guard in one.

use std::{net::TcpListener, process::ExitCode};

use room_hooks_contract::{Driver, Mount, Seen, Way, run};
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
        listener.set_nonblocking(true).expect("it is a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
        let serve = async move {
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
        tokio::select! {
            () = serve => {}
            _ = stop => {}
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        listener.set_nonblocking(true).expect("it is a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
        let app = warp::path::end().and(tencent_filter(tencent, trtc));
        tokio::select! {
            () = warp::serve(app).incoming(listener).run() => {}
            _ = stop => {}
        }
    }
}

fn main() -> ExitCode {
    run::<Warp>()
}
