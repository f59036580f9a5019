use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
};
use room_hooks::{Provider, Unhandled, VerifiedExtension};

use crate::{
    ack::response,
    receive::{receive, receiver},
};

/// Middleware that lets nothing through but verified callbacks, whatever the handlers behind it do.
///
/// It answers by itself what is refused, and the provider's probes. A handler behind it finds the
/// event with [`RoomHook`](crate::RoomHook), without a second verification, or reads the body, which
/// is passed on.
///
/// ```
/// # use actix_web::{dev::HttpServiceFactory, middleware::from_fn, web};
/// # use room_hooks::{Receiver, zego::Zego};
/// # use room_hooks_actix::verify;
/// # fn scope(receiver: Receiver<Zego>) -> impl HttpServiceFactory {
/// // This handler does not ask who sent the body. It need not.
/// async fn store(body: web::Bytes) -> &'static str {
///     ""
/// }
///
/// web::scope("/hooks/zego")
///     .app_data(receiver)
///     .wrap(from_fn(verify::<Zego, _>))
///     .route("", web::to(store))
/// # }
/// ```
///
/// # Errors
///
/// None of its own; those of the handlers behind it.
pub async fn verify<P, B>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    P: Provider,
    B: MessageBody + 'static,
{
    let (request, payload) = request.into_parts();
    match extension::<P>(&request, payload).await {
        Err(unhandled) => {
            let refused = response(&unhandled.response).map_into_right_body();
            Ok(ServiceResponse::new(request, refused))
        }
        Ok((extension, body)) => {
            request.extensions_mut().insert(extension);
            let request = ServiceRequest::from_parts(request, Payload::from(body));
            next.call(request).await.map(ServiceResponse::map_into_left_body)
        }
    }
}

async fn extension<P: Provider>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<(VerifiedExtension<P>, Vec<u8>), Unhandled> {
    let receiver = receiver(request)?;
    let (verified, body) = receive(&receiver, request, payload).await?;
    Ok((VerifiedExtension::new(receiver, verified), body))
}
