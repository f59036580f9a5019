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

/// Turns [`Hooks`] into a tower service.
///
/// The service responds to every request, on any path, with a `Response<Full<Bytes>>`, and never
/// fails:
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use http_body_util::Full;
/// use room_hooks_tower::{Hooks, service, zego::Zego};
/// use tower::ServiceExt;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = service(Hooks::new(Zego::new(1234567890, "callback secret")?));
/// let not_a_callback = Request::post("/hooks/zego").body(Full::<Bytes>::from("{}"))?;
/// let response = service.oneshot(not_a_callback).await?;
/// assert_eq!(response.status(), 400);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn service<P: Provider>(hooks: Hooks<P>) -> HooksService<P> {
    HooksService { hooks }
}

/// The tower service that [`service()`] returns.
///
/// It is cheap to clone. Name it where an app keeps its services:
///
/// ```
/// use room_hooks_tower::{HooksService, tencent::Tencent, zego::Zego};
///
/// #[derive(Clone)]
/// struct App {
///     zego: HooksService<Zego>,
///     tencent: HooksService<Tencent>,
/// }
/// ```
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

/// Turns the hooks for both Tencent protocols into one tower service, for a URL that receives both.
/// See [`Protocol`](room_hooks::tencent::Protocol).
///
/// ```
/// use room_hooks_tower::{Hooks, TencentService, tencent::Tencent, tencent_service, trtc::Trtc};
///
/// fn service(tencent: Tencent, trtc: Trtc) -> TencentService {
///     tencent_service(Hooks::new(tencent), Hooks::new(trtc))
/// }
/// ```
#[must_use]
pub fn tencent_service(tencent: Hooks<Tencent>, trtc: Hooks<Trtc>) -> TencentService {
    TencentService { tencent, trtc }
}

/// The tower service that [`tencent_service`] returns. It is cheap to clone.
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
