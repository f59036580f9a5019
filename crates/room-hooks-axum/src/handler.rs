use axum::routing::{MethodRouter, any};
use axum_core::{body::Body, extract::Request};
use room_hooks::{Hooks, Provider, tencent::Tencent, trtc::Trtc};
use room_hooks_tower::adapter::{deliver, deliver_tencent, response};

/// Makes a route of [`Hooks`], for the path where the provider's URL points:
///
/// ```
/// use axum::{Router, routing::get};
/// use room_hooks_axum::{Hooks, handler, zego::Zego};
///
/// # fn app(hooks: Hooks<Zego>) -> Router {
/// Router::new()
///     .route("/", get(async || "a route of your own"))
///     .route("/hooks/zego", handler(hooks))
/// # }
/// ```
///
/// It takes requests of every method, and answers all but `POST` in the provider's form. Path parameters, layers
/// and fallbacks work as with any other route. Handlers do not get the values of path parameters.
pub fn handler<P, S>(hooks: Hooks<P>) -> MethodRouter<S>
where
    P: Provider,
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| {
        let (parts, body) = request.into_parts();
        response::<Body>(deliver(&hooks, &parts, body).await)
    })
}

/// Makes a route of the hooks for both of Tencent's protocols, for a URL that receives both; see
/// [`Protocol`](room_hooks::tencent::Protocol).
pub fn tencent_handler<S>(tencent: Hooks<Tencent>, trtc: Hooks<Trtc>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| {
        let (parts, body) = request.into_parts();
        response::<Body>(deliver_tencent(&tencent, &trtc, &parts, body).await)
    })
}
