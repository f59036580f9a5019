use std::{convert::Infallible, fmt, pin::Pin};

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use room_hooks::{
    Hooks, Provider,
    tencent::{Protocol, Tencent},
    trtc::Trtc,
};
use room_hooks_tower::adapter::{deliver, response};
use warp::{Buf, Filter, http::request::Parts, reply::Response};

use crate::request::{already_consumed, request};

/// Turns [`Hooks`] into a filter, to combine with a filter for the path that the provider calls:
///
/// ```
/// use room_hooks_warp::{Hooks, filter, zego::Zego};
/// use warp::Filter;
///
/// # fn app(hooks: Hooks<Zego>) -> impl Filter {
/// let home = warp::path::end().map(|| "a route of your own");
/// home.or(warp::path!("hooks" / "zego").and(filter(hooks)))
/// # }
/// ```
///
/// The filter matches every method, and responds to methods other than `POST` in the provider's
/// format. It never rejects, so a request that it refuses does not reach another route.
#[must_use]
pub fn filter<P: Provider>(
    hooks: Hooks<P>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    warp::any().map(move || hooks.clone()).and(request()).and_then(
        async |hooks: Hooks<P>, parts, body| Ok::<_, Infallible>(reply(&hooks, &parts, body).await),
    )
}

/// Turns the hooks for both Tencent protocols into one filter, for a URL that receives both. See
/// [`Protocol`].
///
/// ```
/// use room_hooks_warp::{Hooks, tencent::Tencent, tencent_filter, trtc::Trtc};
/// use warp::Filter;
///
/// # fn app(tencent: Tencent, trtc: Trtc) -> impl Filter {
/// let (tencent, trtc) = (Hooks::new(tencent), Hooks::new(trtc));
/// warp::path!("hooks" / "tencent").and(tencent_filter(tencent, trtc))
/// # }
/// ```
#[must_use]
pub fn tencent_filter(
    tencent: Hooks<Tencent>,
    trtc: Hooks<Trtc>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let hooks = (tencent, trtc);
    warp::any().map(move || hooks.clone()).and(request()).and_then(
        async |(tencent, trtc): (Hooks<Tencent>, Hooks<Trtc>), parts: Parts, body| {
            let query = parts.uri.query().unwrap_or_default();
            Ok::<_, Infallible>(match Protocol::of(query, &parts.headers) {
                Protocol::Query => reply(&tencent, &parts, body).await,
                Protocol::Header => reply(&trtc, &parts, body).await,
            })
        },
    )
}

/// A request that [`hook_request`] extracts, for your choice of hooks:
///
/// ```
/// use room_hooks_warp::{HookRequest, Hooks, zego::Zego};
/// use warp::reply::Response;
///
/// async fn respond(request: HookRequest, hooks: Hooks<Zego>) -> Response {
///     request.deliver(&hooks).await
/// }
/// ```
pub struct HookRequest {
    parts: Parts,
    body: Option<BoxedBody>,
}

type BoxedBody = Pin<Box<dyn Body<Data = Bytes, Error = warp::Error> + Send>>;

impl HookRequest {
    /// Passes the request to hooks, and returns their response.
    pub async fn deliver<P: Provider>(self, hooks: &Hooks<P>) -> Response {
        reply(hooks, &self.parts, self.body).await
    }
}

impl fmt::Debug for HookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookRequest").finish_non_exhaustive()
    }
}

/// Filter that extracts a request, for a route that chooses the hooks for each request:
///
/// ```
/// # use std::{collections::HashMap, sync::Arc};
/// # use warp::{Filter, Rejection, Reply};
/// use room_hooks_warp::{HookRequest, Hooks, hook_request, zego::Zego};
///
/// # fn app(tenants: Arc<HashMap<String, Hooks<Zego>>>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
/// warp::path!("hooks" / String / "zego").and(hook_request()).and_then(
///     move |tenant: String, request: HookRequest| {
///         let hooks = tenants.get(&tenant).cloned();
///         async move {
///             let hooks = hooks.ok_or_else(warp::reject::not_found)?;
///             Ok::<_, Rejection>(request.deliver(&hooks).await)
///         }
///     },
/// )
/// # }
/// ```
#[must_use]
pub fn hook_request()
-> impl Filter<Extract = (HookRequest,), Error = Infallible> + Clone + Send + Sync + 'static {
    request().map(|parts, body: Option<_>| HookRequest {
        parts,
        body: body.map(|body| Box::pin(to_bytes(body)) as BoxedBody),
    })
}

fn to_bytes<B: Buf>(
    body: impl Body<Data = B, Error = warp::Error>,
) -> impl Body<Data = Bytes, Error = warp::Error> {
    body.map_frame(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining())))
}

async fn reply<P: Provider>(
    hooks: &Hooks<P>,
    parts: &Parts,
    body: Option<impl Body<Data = impl Buf, Error = warp::Error>>,
) -> Response {
    let delivered = match body {
        Some(body) => deliver(hooks, parts, body).await,
        None => hooks.respond_to(&already_consumed(hooks.receiver(), parts)),
    };
    response(delivered)
}
