use axum::routing::{MethodRouter, any};
use axum_core::{body::Body, extract::Request, response::Response};
use room_hooks::{Hooks, Provider, tencent::Tencent, trtc::Trtc};
use room_hooks_tower::adapter::{self, response};

use crate::peer::note_peer;

/// Turns [`Hooks`] into a route, for the path that the provider calls:
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
/// The route matches every method, and responds to methods other than `POST` in the provider's
/// format. Path parameters, layers and fallbacks work as with any other route.
/// [`Receiver::with_request_data`](crate::Receiver::with_request_data) selects the parts of the
/// path that handlers receive.
pub fn handler<P, S>(hooks: Hooks<P>) -> MethodRouter<S>
where
    P: Provider,
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| deliver(&hooks, request).await)
}

/// Passes one request to hooks, for a handler that chooses the hooks for each request:
///
/// ```
/// # use std::{collections::HashMap, sync::Arc};
/// # use axum::{Router, extract::{Path, Request, State}, response::Response, routing::any};
/// # use http::StatusCode;
/// # use room_hooks_axum::{Hooks, deliver, zego::Zego};
/// type Tenants = Arc<HashMap<String, Hooks<Zego>>>;
///
/// async fn receive(
///     Path(tenant): Path<String>,
///     State(tenants): State<Tenants>,
///     request: Request,
/// ) -> Result<Response, StatusCode> {
///     let hooks = tenants.get(&tenant).ok_or(StatusCode::NOT_FOUND)?;
///     Ok(deliver(hooks, request).await)
/// }
///
/// # fn app(tenants: Tenants) -> Router {
/// Router::new().route("/hooks/{tenant}/zego", any(receive)).with_state(tenants)
/// # }
/// ```
pub async fn deliver<P: Provider>(hooks: &Hooks<P>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    note_peer(&mut parts);
    response::<Body>(adapter::deliver(hooks, &parts, body).await)
}

/// Turns the hooks for both Tencent protocols into one route, for a URL that receives both. See
/// [`Protocol`](room_hooks::tencent::Protocol).
///
/// ```
/// use axum::Router;
/// use room_hooks_axum::{Hooks, tencent::Tencent, tencent_handler, trtc::Trtc};
///
/// # fn app(tencent: Tencent, trtc: Trtc) -> Router {
/// Router::new().route("/hooks/tencent", tencent_handler(Hooks::new(tencent), Hooks::new(trtc)))
/// # }
/// ```
pub fn tencent_handler<S>(tencent: Hooks<Tencent>, trtc: Hooks<Trtc>) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| {
        let (mut parts, body) = request.into_parts();
        note_peer(&mut parts);
        response::<Body>(adapter::deliver_tencent(&tencent, &trtc, &parts, body).await)
    })
}
