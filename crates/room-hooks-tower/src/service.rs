use std::{
    convert::Infallible,
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use room_hooks::{Hooks, Provider, tencent::Tencent, trtc::Trtc};
use tower_service::Service;

use crate::{
    receive::{deliver, deliver_tencent},
    response::response,
};

/// Makes a tower service of [`Hooks`].
///
/// The service answers every request, whatever its path, with a `Response<Full<Bytes>>`, and never fails.
#[must_use]
pub fn service<P: Provider>(hooks: Hooks<P>) -> HooksService<P> {
    HooksService { hooks }
}

/// The tower service of [`Hooks`]; see [`service()`].
#[derive(Debug, Clone)]
pub struct HooksService<P: Provider> {
    hooks: Hooks<P>,
}

impl<P, B> Service<Request<B>> for HooksService<P>
where
    P: Provider,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let hooks = self.hooks.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            Ok(response(deliver(&hooks, &parts, body).await))
        })
    }
}

/// Makes a tower service of the hooks for both of Tencent's protocols, for a URL that receives both; see
/// [`Protocol`](room_hooks::tencent::Protocol).
#[must_use]
pub fn tencent_service(tencent: Hooks<Tencent>, trtc: Hooks<Trtc>) -> TencentService {
    TencentService { tencent, trtc }
}

/// The tower service of hooks for both of Tencent's protocols; see [`tencent_service`].
#[derive(Debug, Clone)]
pub struct TencentService {
    tencent: Hooks<Tencent>,
    trtc: Hooks<Trtc>,
}

impl<B> Service<Request<B>> for TencentService
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { tencent, trtc } = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            Ok(response(deliver_tencent(&tencent, &trtc, &parts, body).await))
        })
    }
}
