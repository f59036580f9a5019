use std::{future::ready, time::SystemTime};

use actix_web::{HttpRequest, HttpResponse, Scope, web};
use room_hooks::{Delivery, Hooks, Provider, Unhandled};

use crate::{
    ack::response,
    receive::{RequestHeaders, read},
};

/// Mounts [`Hooks`] as a scope.
pub trait IntoScope {
    /// The scope at a path, the one where the provider's URL points:
    ///
    /// ```
    /// # use actix_web::{App, web};
    /// # use room_hooks::{Hooks, zego::Zego};
    /// use room_hooks_actix::IntoScope;
    ///
    /// # fn serve(hooks: Hooks<Zego>) {
    /// let app = move || {
    ///     App::new()
    ///         .route("/", web::get().to(async || "a route of your own"))
    ///         .service(hooks.clone().into_scope("/hooks/zego"))
    /// };
    /// # let _ = actix_web::HttpServer::new(app);
    /// # }
    /// ```
    ///
    /// What is below that path is answered 404 in the provider's form.
    fn into_scope(self, path: &str) -> Scope;
}

impl<P: Provider> IntoScope for Hooks<P> {
    fn into_scope(self, path: &str) -> Scope {
        let not_found = self.not_found();
        web::scope(path)
            .app_data(web::Data::new(self))
            .service(web::resource(["", "/"]).route(web::to(deliver::<P>)))
            .default_service(web::to(move || ready(response(&not_found))))
    }
}

async fn deliver<P: Provider>(
    hooks: web::Data<Hooks<P>>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let headers = RequestHeaders(request.headers());
    let delivered = async {
        let reader = hooks.body_reader(request.method().as_str(), &headers)?;
        let body = read(reader, &request, payload.into_inner()).await?;
        let delivery = Delivery::new(request.query_string(), &headers, &body);
        Ok::<_, Unhandled>(hooks.deliver(delivery, SystemTime::now()).await)
    };
    response(&delivered.await.unwrap_or_else(|unhandled| unhandled.response))
}
