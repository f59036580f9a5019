//! The contract for actix-web.

use std::{net::TcpListener, process::ExitCode};

use actix_web::{
    App, Error, HttpRequest, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    middleware::{Condition, Next, from_fn},
    web,
};
use room_hooks_actix::{
    Ack, Answer, Hooks, Provider, Question, Receiver, RoomEvent, RoomHook, Verify, deliver,
    resource, tencent::Tencent, tencent_resource, trtc::Trtc,
};
use room_hooks_contract::{Decide, Driver, Mount, Seen, Way, run};
use serde::Serialize;
use tokio::sync::oneshot;

struct Actix;

impl Driver for Actix {
    const NAME: &'static str = "actix";

    const WAYS: &'static [Way] = &[
        Way::Extractor,
        Way::OneKind,
        Way::Guard,
        Way::GuardAndExtractor,
        Way::Hooks,
        Way::Consumed,
    ];

    #[actix_web::main]
    async fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    ) {
        let app = move || {
            let guarded = matches!(mount, Mount::Guard | Mount::GuardAndExtractor);
            let guard = Condition::new(guarded, Verify::new(receiver.clone()));
            let handler = match mount {
                Mount::Guard => web::to(on_body::<E>),
                _ => web::to(on_event::<E>),
            };
            let app = App::new().app_data(receiver.clone()).app_data(web::Data::new(seen.clone()));
            app.service(web::resource("/").wrap(guard).route(handler))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        run_until(stop, server.listen(listener).expect("the socket is valid").run()).await;
    }

    #[actix_web::main]
    async fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    ) {
        let app = move || {
            let hooks = resource("/", hooks.clone());
            App::new().service(hooks.wrap(Condition::new(is_consumed, from_fn(consume))))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        run_until(stop, server.listen(listener).expect("the socket is valid").run()).await;
    }

    #[actix_web::main]
    async fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = move || {
            let hooks = hooks.clone();
            let receive = move |request: HttpRequest, payload: web::Payload| {
                let hooks = hooks.clone();
                async move { deliver(&hooks, &request, payload).await }
            };
            App::new().service(web::resource("/hooks/{tenant}/{provider}").to(receive))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        run_until(stop, server.listen(listener).expect("the socket is valid").run()).await;
    }

    #[actix_web::main]
    async fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = move || {
            let on_question =
                move |RoomHook(asked): RoomHook<Q>| async move { Answer(decide(&asked)) };
            let route = web::resource("/").to(on_question);
            App::new().app_data(receiver.clone()).service(route)
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        run_until(stop, server.listen(listener).expect("the socket is valid").run()).await;
    }

    #[actix_web::main]
    async fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = move || App::new().service(tencent_resource("/", tencent.clone(), trtc.clone()));
        let server = HttpServer::new(app).workers(1).disable_signals();
        run_until(stop, server.listen(listener).expect("the socket is valid").run()).await;
    }
}

async fn run_until(stop: oneshot::Receiver<()>, server: Server) {
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        let _ = stop.await;
        handle.stop(false).await;
    });
    server.await.expect("the server runs");
}

async fn consume<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    request.extract::<web::Bytes>().await?;
    next.call(request).await
}

async fn on_event<E: RoomEvent + Serialize>(
    seen: web::Data<Seen>,
    RoomHook(verified): RoomHook<E>,
) -> Ack<E::Provider> {
    seen.event(&verified);
    Ack::new()
}

async fn on_body<E: RoomEvent>(seen: web::Data<Seen>, body: web::Bytes) -> Ack<E::Provider> {
    seen.body(&body);
    Ack::new()
}

fn main() -> ExitCode {
    run::<Actix>()
}
