use std::{sync::Arc, time::SystemTime};

use futures_core::Stream;
use room_hooks::{CallbackResponse, Delivery, Hooks, Provider, Unhandled};
use warp::{Buf, Filter, Rejection, path::Tail, reply::Response};

use crate::{
    ack::response,
    receive::{Request, read, request},
};

/// Mounts [`Hooks`] as a filter.
pub trait IntoFilter {
    /// The filter, to come after the path where the provider's URL points:
    ///
    /// ```
    /// # use room_hooks::{Hooks, zego::Zego};
    /// # use warp::Filter;
    /// use room_hooks_warp::IntoFilter;
    ///
    /// # fn app(hooks: Hooks<Zego>) -> impl Filter {
    /// let home = warp::path::end().map(|| "a route of your own");
    /// home.or(warp::path!("hooks" / "zego" / ..).and(hooks.into_filter()))
    /// # }
    /// ```
    ///
    /// It rejects nothing, so that no other route gets to see what it refuses. What is below that path
    /// is answered 404 in the provider's form.
    fn into_filter(
        self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static;
}

impl<P: Provider> IntoFilter for Hooks<P> {
    fn into_filter(
        self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
        let hooks = Arc::new(self);
        warp::any().map(move || Arc::clone(&hooks)).and(warp::path::tail()).and(request()).and_then(
            async |hooks: Arc<Self>, below: Tail, request| {
                if !below.as_str().is_empty() {
                    return Ok::<_, Rejection>(response(&hooks.not_found()));
                }
                let delivered = deliver(&hooks, request).await;
                Ok(response(&delivered.unwrap_or_else(|unhandled| unhandled.response)))
            },
        )
    }
}

async fn deliver<P, S, B>(
    hooks: &Hooks<P>,
    mut request: Request<S>,
) -> Result<CallbackResponse, Unhandled>
where
    P: Provider,
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    let reader = hooks.body_reader(request.method.as_str(), &request.headers)?;
    let body = read(reader, &mut request).await?;
    let delivery = Delivery::new(&request.query, &request.headers, &body);
    Ok(hooks.deliver(delivery, SystemTime::now()).await)
}
