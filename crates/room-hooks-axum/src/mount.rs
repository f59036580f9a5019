use std::{sync::Arc, time::SystemTime};

use axum::{Router, routing::any};
use axum_core::extract::Request;
use room_hooks::{CallbackResponse, Hooks, Provider, Unhandled};

use crate::{
    ack::response,
    receive::{RequestHeaders, delivery, read},
};

/// Mounts [`Hooks`] as a router.
pub trait IntoRouter {
    /// The router, to be nested where the provider's URL points:
    ///
    /// ```
    /// # use axum::{Router, routing::get};
    /// # use room_hooks::{Hooks, zego::Zego};
    /// use room_hooks_axum::IntoRouter;
    ///
    /// # fn app(hooks: Hooks<Zego>) -> Router {
    /// Router::new()
    ///     .route("/", get(async || "a route of your own"))
    ///     .nest("/hooks/zego", hooks.into_router())
    /// # }
    /// ```
    ///
    /// What is below that path is answered 404 in the provider's form. To axum the path with a slash at
    /// its end is another one: give the provider the URL without.
    fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S>;
}

impl<P: Provider> IntoRouter for Hooks<P> {
    fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let not_found = self.not_found();
        // The router makes a copy for each request.
        let hooks = Arc::new(self);
        let deliver = async move |request| {
            let delivered = deliver(&hooks, request).await;
            response(&delivered.unwrap_or_else(|unhandled| unhandled.response))
        };
        Router::new().route("/", any(deliver)).fallback(async move || response(&not_found))
    }
}

async fn deliver<P: Provider>(
    hooks: &Hooks<P>,
    request: Request,
) -> Result<CallbackResponse, Unhandled> {
    let (parts, body) = request.into_parts();
    let headers = RequestHeaders(&parts.headers);
    let body = read(hooks.body_reader(parts.method.as_str(), &headers)?, &parts, body).await?;
    Ok(hooks.deliver(delivery(&parts, &headers, &body), SystemTime::now()).await)
}
