use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use room_hooks::{Provider, Receiver, VerifiedExtension};
use tower_layer::Layer;
use tower_service::Service;

use crate::{ack::response, receive::receive};

/// Layer that lets nothing through but verified callbacks, whatever the handlers behind it do.
///
/// It answers by itself what is refused, and the provider's probes. A handler behind it finds the
/// event with [`RoomHook`](crate::RoomHook), without a second verification, or reads the body, which
/// is passed on.
///
/// ```
/// # use axum::{Router, routing::{get, post}};
/// # use room_hooks::{Receiver, zego::Zego};
/// # use room_hooks_axum::VerifyLayer;
/// # fn app(receiver: Receiver<Zego>) -> Router {
/// // This handler does not ask who sent the body. It need not.
/// async fn store(body: axum::body::Bytes) {}
///
/// Router::new()
///     .route("/hooks/zego", post(store))
///     .route_layer(VerifyLayer::new(receiver))
///     .route("/", get(|| async { "not guarded" }))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct VerifyLayer<P> {
    receiver: Receiver<P>,
}

impl<P> VerifyLayer<P> {
    /// Creates the layer.
    #[must_use]
    pub fn new(receiver: Receiver<P>) -> Self {
        Self { receiver }
    }
}

impl<P: Clone, S> Layer<S> for VerifyLayer<P> {
    type Service = Verify<P, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify { receiver: self.receiver.clone(), inner }
    }
}

/// Service of a [`VerifyLayer`].
#[derive(Debug, Clone)]
pub struct Verify<P, S> {
    receiver: Receiver<P>,
    inner: S,
}

impl<P, S> Service<Request> for Verify<P, S>
where
    P: Provider,
    S: Service<Request, Response: IntoResponse, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service that was polled ready is the one to call; its clone stays for the next request.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match receive::<P::Event>(&receiver, &parts, body).await {
                Err(unhandled) => Ok(response(&unhandled.response)),
                Ok((verified, body)) => {
                    parts.extensions.insert(VerifiedExtension::new(receiver, verified));
                    let request = Request::from_parts(parts, Body::from(body));
                    inner.call(request).await.map(IntoResponse::into_response)
                }
            }
        })
    }
}
