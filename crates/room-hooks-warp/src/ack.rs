use std::marker::PhantomData;

use room_hooks::{Provider, adapter::CallbackResponse};
use room_hooks_tower::adapter::response;
use warp::{Reply, reply::Response};

/// The reply that tells the provider, in its own form, that an event was handled.
#[derive(Debug)]
pub struct Ack<P>(PhantomData<P>);

impl<P> Ack<P> {
    /// Creates the reply.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for Ack<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Provider> Reply for Ack<P> {
    fn into_response(self) -> Response {
        response(&CallbackResponse::acknowledged::<P>())
    }
}
