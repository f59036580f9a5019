use std::{
    future::{Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform},
};
use room_hooks::{
    Provider, Receiver,
    adapter::{Received, VerifiedExtension},
};

use crate::{receive::receive, reply::response};

/// Middleware that passes only verified callbacks to its handlers.
///
/// It responds to refused requests and to the provider's probes itself. A handler behind it takes
/// the event with [`RoomHook`](crate::RoomHook), without a second verification, or reads the body.
///
/// ```
/// use actix_web::{dev::HttpServiceFactory, web};
/// use room_hooks_actix::{Receiver, Verify, zego::Zego};
///
/// // The middleware has verified the sender of the body.
/// async fn save(body: web::Bytes) -> &'static str {
///     ""
/// }
///
/// # fn scope(receiver: Receiver<Zego>) -> impl HttpServiceFactory {
/// web::scope("/hooks/zego").wrap(Verify::new(receiver)).route("", web::to(save))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Verify<P> {
    receiver: Receiver<P>,
}

impl<P: Provider> Verify<P> {
    /// Creates the middleware from a receiver, or from a provider and the default limits.
    pub fn new(receiver: impl Into<Receiver<P>>) -> Self {
        Self { receiver: receiver.into() }
    }
}

impl<P, S, B> Transform<S, ServiceRequest> for Verify<P>
where
    P: Provider,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = VerifyService<P, S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(VerifyService { receiver: self.receiver.clone(), service: Rc::new(service) }))
    }
}

/// The service that a [`Verify`] middleware creates. Apps do not need to name it.
#[derive(Debug)]
pub struct VerifyService<P, S> {
    receiver: Receiver<P>,
    service: Rc<S>,
}

impl<P, S, B> Service<ServiceRequest> for VerifyService<P, S>
where
    P: Provider,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (receiver, service) = (self.receiver.clone(), Rc::clone(&self.service));
        Box::pin(async move {
            let (request, payload) = request.into_parts();
            match receive::<Received<P>>(&receiver, &request, payload).await {
                Err(not_delivered) => {
                    let refused = response(not_delivered.response::<P>()).map_into_right_body();
                    Ok(ServiceResponse::new(request, refused))
                }
                Ok((verified, body)) => {
                    request.extensions_mut().insert(VerifiedExtension::new(receiver, verified));
                    let request = ServiceRequest::from_parts(request, Payload::from(body));
                    service.call(request).await.map(ServiceResponse::map_into_left_body)
                }
            }
        })
    }
}
