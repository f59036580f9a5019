//! Hooks with an inbox over a socket: an event is stored, answered in its provider's format, and
//! handled by a worker.

use std::{net::SocketAddr, sync::mpsc, time::SystemTime};

use libtest_mimic::Trial;
use room_hooks::{
    Callback, Handlers, Hooks, Provider, Verified,
    inbox::{InboxStore, MemoryInbox, OnInboxFailure, Worker},
    testing::SignedDelivery,
};
use serde_json::json;
use tokio::runtime::Builder;

use crate::{
    case::{Setup, Transport},
    client::{self, Request, Response},
    driver::Driver,
    receivers,
    server::serve_while,
};

pub(crate) fn trials<D: Driver>() -> Vec<Trial> {
    let trial = |name: &str, run: fn()| {
        Trial::test(format!("{}, inbox: {name}", D::NAME), move || {
            run();
            Ok(())
        })
    };
    vec![trial("ZEGO", zego::<D>), trial("Tencent", tencent::<D>), trial("TRTC", trtc::<D>)]
}

fn zego<D: Driver>() {
    let zego = receivers::zego(Setup::Standard).provider().clone();
    let created = json!({"event": "room_create", "room_id": "lobby"});
    let signed = zego.sign(&created, SystemTime::now()).unwrap();
    check::<D, _>(zego, &signed, ["", ""]);
}

fn tencent<D: Driver>() {
    let tencent = receivers::tencent(Setup::Standard).provider().clone();
    let updated = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "RoomInfo": {"RoomId": "lobby"},
    });
    let signed = tencent.sign(&updated, SystemTime::now()).unwrap();
    let ok = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
    let failed = r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#;
    check::<D, _>(tencent, &signed, [ok, failed]);
}

fn trtc<D: Driver>() {
    let trtc = receivers::trtc(Setup::Standard).provider().clone();
    let entered = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby", "UserId": "ada"}});
    let signed = trtc.sign(&entered, SystemTime::now()).unwrap();
    check::<D, _>(trtc, &signed, [r#"{"code":0}"#, r#"{"code":1}"#]);
}

/// Sends an event and its duplicates to an inbox with free space, and the event to full inboxes.
/// `bodies` are the expected bodies of a 200 and of a 503 response.
fn check<D: Driver, P: Provider>(provider: P, event: &SignedDelivery, bodies: [&str; 2]) {
    let [stored, refused] = bodies;
    let inbox = MemoryInbox::new();
    let hooks = Hooks::new(provider.clone()).with_inbox(inbox.clone());
    with::<D, _>(hooks, |address| {
        for _ in 0..3 {
            let response = post(address, event);
            assert_eq!((response.status, &*response.body), (200, stored));
        }
    });
    assert_eq!(handled::<P>(inbox), ["lobby"]);

    let full = MemoryInbox::with_max_events(0);
    with::<D, _>(Hooks::new(provider.clone()).with_inbox(full.clone()), |address| {
        let response = post(address, event);
        assert_eq!((response.status, &*response.body), (503, refused));
        assert!(response.header("retry-after").is_some());
    });

    let (seen, direct) = mpsc::channel();
    let handlers = Handlers::new().fallback(move |verified: Verified<P::Event>| {
        seen.send(verified.event.room_id().map(str::to_owned)).unwrap();
        async {}
    });
    let hooks = Hooks::new(provider)
        .with_inbox(full)
        .with_inbox_failure_policy(OnInboxFailure::HandleDirectly)
        .with_handlers(handlers);
    with::<D, _>(hooks, |address| assert_eq!(post(address, event).status, 200));
    assert_eq!(direct.iter().collect::<Vec<_>>(), [Some("lobby".to_owned())]);
}

fn with<D: Driver, P: Provider>(hooks: Hooks<P>, send: impl FnOnce(SocketAddr)) {
    serve_while(|listener, stop| D::serve_hooks(listener, hooks, false, stop), send);
}

fn post(address: SocketAddr, signed: &SignedDelivery) -> Response {
    let SignedDelivery { query, headers, body, .. } = signed;
    let request = Request { path: "/", method: "POST", query, headers, body };
    client::send(address, &request, Transport::Whole).unwrap().pop().unwrap()
}

/// The rooms of the events that a worker handles.
fn handled<P: Provider>(inbox: impl InboxStore) -> Vec<String> {
    let (seen, handled) = mpsc::channel();
    let handlers = Handlers::new().fallback(move |verified: Verified<P::Event>| {
        seen.send(verified.event.room_id().unwrap().to_owned()).unwrap();
        async {}
    });
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Worker::new(inbox, handlers).run_until_idle().await });
    handled.try_iter().collect()
}
