use std::{sync::Arc, time::SystemTime};

use room_hooks::{Delivery, Hooks, Provider};
use warp::{Filter, Rejection, path::Tail, reply::Response};

use crate::{
    ack::response,
    receive::{request, take_in},
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
            async |hooks: Arc<Self>, below: Tail, mut request| {
                if !below.as_str().is_empty() {
                    return Ok::<_, Rejection>(response(&hooks.not_found()));
                }
                let answer = match take_in(hooks.receiver(), &mut request).await {
                    Ok(body) => {
                        let delivery = Delivery::new(&request.query, &request.headers, &body);
                        hooks.deliver(delivery, SystemTime::now())
                    }
                    Err(unhandled) => return Ok(response(&unhandled.answer)),
                };
                Ok(response(&answer.await))
            },
        )
    }
}
