use axum::routing::{MethodRouter, any};
use axum_core::{body::Body, extract::Request, response::Response};
use room_hooks::{Hooks, Provider, tencent::Tencent, trtc::Trtc};
use room_hooks_tower::adapter::{self, response};

use crate::peer::note_peer;

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
/// and fallbacks work as with any other route;
/// [`Receiver::with_request_data`](crate::Receiver::with_request_data) selects what handlers get of the path.
pub fn handler<P, S>(hooks: Hooks<P>) -> MethodRouter<S>
where
    P: Provider,
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| deliver(&hooks, request).await)
}

/// Has hooks handle one request, for a handler that decides which hooks those are:
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

/// Makes a route of the hooks for both of Tencent's protocols, for a URL that receives both; see
/// [`Protocol`](room_hooks::tencent::Protocol).
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
