//! The contract for the tower adapter, on plain hyper.

use std::{convert::Infallible, net::TcpListener, process::ExitCode};

use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use room_hooks_contract::{Decide, Driver, Mount, Seen, Way, run, serve_until};
use room_hooks_tower::{
    Hooks, PeerAddr, Provider, Question, Receiver, RoomEvent, VerifiedExtension, VerifyLayer,
    acknowledged, adapter::response, answered, service, tencent::Tencent, tencent_service,
    trtc::Trtc,
};
use serde::Serialize;
use tokio::{sync::oneshot, task::JoinSet};
use tower::{Layer, Service, ServiceExt, service_fn as tower_service_fn, util::BoxCloneService};

struct Tower;

impl Driver for Tower {
    const NAME: &'static str = "tower";

    const WAYS: &'static [Way] = &[Way::Guard, Way::GuardAndExtractor, Way::Hooks, Way::Consumed];

    #[tokio::main(flavor = "current_thread")]
    async fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    ) {
        let app = app::<E>(mount, receiver, seen);
        serve_until(stop, listener, |listener| accept(listener, app)).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    ) {
        let app = match is_consumed {
            true => boxed(consumed(service(hooks))),
            false => boxed(service(hooks)),
        };
        serve_until(stop, listener, |listener| accept(listener, app)).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    ) {
        serve_until(stop, listener, |listener| accept(listener, boxed(service(hooks)))).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = guarded(receiver, move |mut request| {
            let extension = request.extensions_mut().remove::<VerifiedExtension<Q::Provider>>();
            match extension.expect("the delivery was verified").into_verified::<Q>() {
                Ok(asked) => answered(&decide(&asked)),
                Err(not_delivered) => response(not_delivered.response::<Q::Provider>()),
            }
        });
        serve_until(stop, listener, |listener| accept(listener, app)).await;
    }

    #[tokio::main(flavor = "current_thread")]
    async fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    ) {
        let app = boxed(tencent_service(tencent, trtc));
        serve_until(stop, listener, |listener| accept(listener, app)).await;
    }
}

type App<B> = BoxCloneService<Request<B>, Response<BoxBody<Bytes, Infallible>>, Infallible>;

fn app<E: RoomEvent + Serialize>(
    mount: Mount,
    receiver: Receiver<E::Provider>,
    seen: Seen,
) -> App<Incoming> {
    match mount {
        Mount::Guard => guarded(receiver, move |request| {
            seen.body(request.body());
            acknowledged::<E::Provider>()
        }),
        Mount::GuardAndExtractor => guarded(receiver, move |mut request| {
            let extensions = request.extensions_mut();
            let extension = extensions.remove::<VerifiedExtension<E::Provider>>();
            let verified = extension.expect("the delivery was verified").into_verified::<E>();
            seen.event(&verified.expect("the handler takes every kind"));
            acknowledged::<E::Provider>()
        }),
        Mount::Extractor => unreachable!("tower has no extractors"),
    }
}

fn boxed<S>(service: S) -> App<Incoming>
where
    S: Service<
            Request<Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
            Future: Send,
        > + Clone
        + Send
        + 'static,
{
    BoxCloneService::new(service.map_response(|response| response.map(BoxBody::new)))
}

/// A handler behind the layer. It takes the body as bytes.
fn guarded<P: Provider>(
    receiver: Receiver<P>,
    handle: impl Fn(Request<Bytes>) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static,
) -> App<Incoming> {
    let inner = tower_service_fn(move |request| {
        let response = handle(request);
        async { Ok::<_, Infallible>(response) }
    });
    let verify = VerifyLayer::new(receiver).layer(inner);
    BoxCloneService::new(ServiceExt::<Request<Incoming>>::map_response(verify, |response| {
        response.map(BoxBody::new)
    }))
}

/// A service behind middleware that reads every body to the end.
fn consumed<S>(
    service: S,
) -> impl Service<Request<Incoming>, Response = S::Response, Error = Infallible, Future: Send>
+ Clone
+ Send
where
    S: Service<Request<Empty<Bytes>>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    tower_service_fn(move |request: Request<Incoming>| {
        let mut service = service.clone();
        async move {
            let (parts, body) = request.into_parts();
            let _ = body.collect().await;
            service.call(Request::from_parts(parts, Empty::new())).await
        }
    })
}

async fn accept(listener: tokio::net::TcpListener, app: App<Incoming>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = listener.accept().await.expect("the listener accepts");
        let app = app.clone();
        let route = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddr(peer));
            let mut app = app.clone();
            async move {
                match request.uri().path() {
                    path if path == "/" || path.starts_with("/hooks/") => app.call(request).await,
                    _ => not_found(),
                }
            }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), route);
        connections.spawn(connection);
    }
}

fn not_found() -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let mut response = Response::new(BoxBody::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

fn main() -> ExitCode {
    run::<Tower>()
}
