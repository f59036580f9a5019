//! axum under the contract.

use std::{net::TcpListener, process::ExitCode};

use axum::{Router, body::Bytes, routing::any};
use room_hooks::{Receiver, RoomEvent};
use room_hooks_axum::{Ack, IntoRouter, RoomHook, VerifyLayer};
use room_hooks_tests::{Driver, Mount, Seen, Way, run};
use serde::Serialize;
use tokio::sync::oneshot;

struct Axum;

impl Driver for Axum {
    const NAME: &'static str = "axum";

    const WAYS: &'static [Way] =
        &[Way::Extractor, Way::OneKind, Way::Guard, Way::GuardAndExtractor, Way::Hooks];

    #[tokio::main(flavor = "current_thread")]
    async fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    ) {
        let app = match mount {
            Mount::Hooks => seen.hooks::<E>(receiver).into_router(),
            _ => routes::<E>(mount, receiver, seen),
        };
        listener.set_nonblocking(true).expect("it is a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
        tokio::select! {
            served = axum::serve(listener, app) => served.expect("it serves"),
            _ = stop => {}
        }
    }
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
