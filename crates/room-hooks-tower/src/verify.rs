use std::{
    error::Error,
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;
use room_hooks::{
    Provider, Receiver,
    adapter::{Received, VerifiedExtension},
};
use tower_layer::Layer;
use tower_service::Service;

use crate::{receive::receive, response::response};

/// Layer that passes only verified callbacks to its inner service.
///
/// It responds to refused requests and to the provider's probes itself. The inner service takes the
/// event or question from a [`VerifiedExtension`] in the request's extensions. It receives the body
/// as `B2`, which can be any type that implements `From<Bytes>`:
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use room_hooks_tower::{
///     Receiver, VerifiedExtension, VerifyLayer, acknowledged, zego::{self, Zego},
/// };
/// use tower::{ServiceBuilder, service_fn};
///
/// async fn print(mut request: Request<Bytes>) -> Result<Response<Full<Bytes>>, std::io::Error> {
///     let extensions = request.extensions_mut();
///     let extension = extensions.remove::<VerifiedExtension<Zego>>().expect("the layer inserts it");
///     if let Ok(created) = extension.into_verified::<zego::RoomCreated>() {
///         println!("{} is open", created.event.room_id);
///     }
///     Ok(acknowledged::<Zego>())
/// }
///
/// # fn app(zego: Zego) {
/// let service = ServiceBuilder::new().layer(VerifyLayer::new(zego)).service(service_fn(print));
/// # let _: &dyn tower::Service<Request<Full<Bytes>>, Response = _, Error = _, Future = _> = &service;
/// # }
/// ```
///
/// If the inner service accepts bodies of any type, specify one:
/// `VerifyLayer::<_, Full<Bytes>>::new(zego)`. If its body type does not implement `From<Bytes>`,
/// convert the body with a `tower::util::MapRequest` between the two.
pub struct VerifyLayer<P, B2> {
    receiver: Receiver<P>,
    inner_body: PhantomData<fn() -> B2>,
}

impl<P: Provider, B2> VerifyLayer<P, B2> {
    /// Creates the layer from a receiver, or from a provider and the default limits.
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

/// The service that a [`VerifyLayer`] creates.
///
/// ```
/// use bytes::Bytes;
/// use room_hooks_tower::{Verify, VerifyLayer, zego::Zego};
/// use tower::Layer;
///
/// fn verified<S>(zego: Zego, inner: S) -> Verify<Zego, S, Bytes> {
///     VerifyLayer::new(zego).layer(inner)
/// }
/// ```
pub struct Verify<P, S, B2> {
    receiver: Receiver<P>,
    inner: S,
    inner_body: PhantomData<fn() -> B2>,
}

impl<P, S, B, B2, R> Service<Request<B>> for Verify<P, S, B2>
where
    P: Provider,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    B2: From<Bytes> + Send,
    S: Service<Request<B2>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    /// Always ready. The inner service is polled only after a request is verified, so unverified
    /// requests do not occupy it.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (receiver, mut inner) = (self.receiver.clone(), self.inner.clone());
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match receive::<Received<P>, B>(&receiver, &parts, body).await {
                Err(not_delivered) => {
                    Ok(response(not_delivered.response::<P>()).map(ResponseBody::own))
                }
                Ok((verified, body)) => {
                    poll_fn(|context| inner.poll_ready(context)).await?;
                    parts.extensions.insert(VerifiedExtension::new(receiver, verified));
                    let request = Request::from_parts(parts, B2::from(body.into()));
                    Ok(inner.call(request).await?.map(ResponseBody::of_inner))
                }
            }
        })
    }
}

pin_project! {
    /// The body of a response from [`Verify`]: the inner service's body, or the middleware's own if
    /// the request did not reach that service.
    ///
    /// A middleware around [`Verify`] can create an empty one:
    ///
    /// ```
    /// use http_body::Body;
    /// use http_body_util::Full;
    /// use room_hooks_tower::ResponseBody;
    ///
    /// let body = ResponseBody::<Full<bytes::Bytes>>::default();
    /// assert!(body.is_end_stream());
    /// ```
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` if the body is `own`.
        #[pin]
        inner: Option<B>,
        own: Full<Bytes>,
    }
}

impl<B> ResponseBody<B> {
    fn own(own: Full<Bytes>) -> Self {
        Self { inner: None, own }
    }

    fn of_inner(body: B) -> Self {
        Self { inner: Some(body), own: Full::default() }
    }
}

/// An empty body. A timeout middleware, for one, needs it for its response.
impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::own(Full::default())
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll_frame(context),
            None => Pin::new(this.own).poll_frame(context).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().map_or_else(|| self.own.is_end_stream(), Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| self.own.size_hint(), Body::size_hint)
    }
}

// A derive would require `B2: Clone + Debug`, and few body types implement these.

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
