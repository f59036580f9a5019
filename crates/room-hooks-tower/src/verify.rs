use std::{
    error::Error,
    fmt,
    marker::PhantomData,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use room_hooks::{Provider, Receiver, adapter::VerifiedExtension};
use tower_layer::Layer;
use tower_service::Service;

use crate::{receive::receive, response::response};

/// Layer that lets only verified callbacks through to the service behind it.
///
/// It answers everything else itself: what it refuses, and the provider's probes. The service behind it gets the
/// body as `B2`, which is any type that is made from [`Bytes`], and finds a [`VerifiedExtension`] in the request's
/// extensions:
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use room_hooks_tower::{Receiver, VerifyLayer, adapter::VerifiedExtension, zego::{self, Zego}};
/// use tower::{ServiceBuilder, service_fn};
///
/// async fn print(request: Request<Bytes>) -> Result<Response<Full<Bytes>>, std::io::Error> {
///     let extension = request.extensions().get::<VerifiedExtension<Zego>>().cloned();
///     let verified = extension.and_then(|extension| extension.into_verified::<zego::Event>().ok());
///     println!("{verified:?}");
///     Ok(Response::default())
/// }
///
/// # fn app(zego: Zego) {
/// let service = ServiceBuilder::new().layer(VerifyLayer::new(zego)).service(service_fn(print));
/// # let _: &dyn tower::Service<Request<Full<Bytes>>, Response = _, Error = _, Future = _> = &service;
/// # }
/// ```
pub struct VerifyLayer<P, B2> {
    receiver: Receiver<P>,
    inner_body: PhantomData<fn() -> B2>,
}

impl<P: Provider, B2> VerifyLayer<P, B2> {
    /// Creates the layer from a receiver, or from a provider with the default limits.
    pub fn new(receiver: impl Into<Receiver<P>>) -> Self {
        Self { receiver: receiver.into(), inner_body: PhantomData }
    }
}

impl<P: Provider, B2, S> Layer<S> for VerifyLayer<P, B2> {
    type Service = Verify<P, S, B2>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify { receiver: self.receiver.clone(), inner, inner_body: PhantomData }
    }
}

/// The service of a [`VerifyLayer`].
pub struct Verify<P, S, B2> {
    receiver: Receiver<P>,
    inner: S,
    inner_body: PhantomData<fn() -> B2>,
}

/// The body of a response: the inner service's, or the one of a refusal.
pub type ResponseBody<B> = Either<B, Full<Bytes>>;

impl<P, S, B, B2, R> Service<Request<B>> for Verify<P, S, B2>
where
    P: Provider,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    B2: From<Bytes>,
    S: Service<Request<B2>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone stays for the next request.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match receive::<P::Event, B>(&receiver, &parts, body).await {
                Err(not_delivered) => {
                    Ok(response(&not_delivered.response::<P>()).map(Either::Right))
                }
                Ok((verified, body)) => {
                    parts.extensions.insert(VerifiedExtension::new(receiver, verified));
                    let request = Request::from_parts(parts, B2::from(body.into()));
                    Ok(inner.call(request).await?.map(Either::Left))
                }
            }
        })
    }
}

// Derived, these would need `B2` to be `Clone` and `Debug`, which bodies seldom are.

impl<P: Clone, B2> Clone for VerifyLayer<P, B2> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), inner_body: PhantomData }
    }
}

impl<P: fmt::Debug, B2> fmt::Debug for VerifyLayer<P, B2> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyLayer").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl<P: Clone, S: Clone, B2> Clone for Verify<P, S, B2> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), inner: self.inner.clone(), inner_body: PhantomData }
    }
}

impl<P: fmt::Debug, S: fmt::Debug, B2> fmt::Debug for Verify<P, S, B2> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verify")
            .field("receiver", &self.receiver)
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
