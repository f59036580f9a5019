use std::convert::Infallible;

use http_body::Body;
use room_hooks::{
    Hooks, Provider,
    tencent::{Protocol, Tencent},
    trtc::Trtc,
};
use room_hooks_tower::adapter::{deliver, response};
use warp::{Buf, Filter, http::request::Parts, reply::Response};

use crate::request::{already_consumed, request};

/// Makes a filter of [`Hooks`], to come after the path where the provider's URL points:
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
/// It takes requests of every method, and answers all but `POST` in the provider's form. It rejects nothing, so no
/// other route sees what it refuses.
#[must_use]
pub fn filter<P: Provider>(
    hooks: Hooks<P>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    warp::any().map(move || hooks.clone()).and(request()).and_then(
        async |hooks: Hooks<P>, parts, body| Ok::<_, Infallible>(reply(&hooks, &parts, body).await),
    )
}

/// Makes a filter of the hooks for both of Tencent's protocols, for a URL that receives both; see [`Protocol`].
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
