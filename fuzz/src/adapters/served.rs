use std::{
    future::ready,
    net::{SocketAddr, TcpListener},
    sync::{
        LazyLock, Mutex, PoisonError,
        mpsc::{self, Receiver as Reports, Sender},
    },
    thread,
};

use actix_web::{App, HttpServer, web};
use axum::{Router, routing::any};
use room_hooks::{
    Verified,
    trtc::{self, Trtc},
};
use warp::Filter;

use super::{
    client::{Connection, Request},
    receiver,
};

pub(super) static ACTIX: LazyLock<Served> = LazyLock::new(|| Served::start(serve_actix));
pub(super) static AXUM: LazyLock<Served> = LazyLock::new(|| Served::start(serve_axum));
pub(super) static WARP: LazyLock<Served> = LazyLock::new(|| Served::start(serve_warp));

/// An app that is served on its own thread.
pub(super) struct Served {
    client: Mutex<Client>,
}

struct Client {
    address: SocketAddr,
    handled: Reports<Verified<trtc::Event>>,
    connection: Option<Connection>,
}

impl Served {
    fn start(serve: fn(TcpListener, Sender<Verified<trtc::Event>>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("the socket is valid");
        let address = listener.local_addr().expect("the socket is bound");
        let (sender, handled) = mpsc::channel();
        thread::spawn(move || serve(listener, sender));
        Self { client: Mutex::new(Client { address, handled, connection: None }) }
    }

    /// Sends a request. Returns the response's status, and the deliveries that a handler received.
    pub(super) fn answer(&self, request: &Request<'_>) -> (u16, Vec<Verified<trtc::Event>>) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).answer(request)
    }
}

impl Client {
    fn answer(&mut self, request: &Request<'_>) -> (u16, Vec<Verified<trtc::Event>>) {
        // If the server has closed the connection, sending fails and a new one is opened.
        let kept =
            self.connection.take().and_then(|mut kept| Some((kept.send(request).ok()?, kept)));
        let (status, connection) = kept.unwrap_or_else(|| {
            let mut fresh = Connection::open(self.address).expect("the server listens");
            (fresh.send(request).expect("the server responds"), fresh)
        });
        // After a refusal, the rest of the body may be unread.
        self.connection = (status == 200).then_some(connection);
        (status, self.handled.try_iter().collect())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve_axum(listener: TcpListener, sender: Sender<Verified<trtc::Event>>) {
    use room_hooks_axum::{Ack, RoomHook};

    let handler = async move |RoomHook(verified): RoomHook<trtc::Event>| {
        report(&sender, verified);
        Ack::<Trtc>::new()
    };
    let app = Router::new().route("/", any(handler)).with_state(receiver());
    let listener = tokio::net::TcpListener::from_std(listener).expect("the socket is valid");
    axum::serve(listener, app).await.expect("the server runs");
}

#[actix_web::main]
async fn serve_actix(listener: TcpListener, sender: Sender<Verified<trtc::Event>>) {
    use room_hooks_actix::{Ack, RoomHook};

    let app = move || {
        let sender = sender.clone();
        let handler = move |RoomHook(verified): RoomHook<trtc::Event>| {
            report(&sender, verified);
            ready(Ack::<Trtc>::new())
        };
        App::new().app_data(receiver()).route("/", web::to(handler))
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    server.listen(listener).expect("the socket is valid").run().await.expect("the server runs");
}

#[tokio::main(flavor = "current_thread")]
async fn serve_warp(listener: TcpListener, sender: Sender<Verified<trtc::Event>>) {
    use room_hooks_warp::{Ack, recover, room_hook};

    let handler = move |verified: Verified<trtc::Event>| {
        report(&sender, verified);
        Ack::<Trtc>::new()
    };
    let app = warp::path::end().and(room_hook(receiver())).map(handler).recover(recover);
    let listener = tokio::net::TcpListener::from_std(listener).expect("the socket is valid");
    warp::serve(app).incoming(listener).run().await;
}

fn report(sender: &Sender<Verified<trtc::Event>>, verified: Verified<trtc::Event>) {
    sender.send(verified).expect("the target waits for the report");
}
