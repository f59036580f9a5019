use std::marker::PhantomData;

use axum_core::response::{IntoResponse, Response};
use room_hooks::{Decision, Provider, adapter::CallbackResponse};
use room_hooks_tower::adapter::response;

/// The reply to a handled event, in the provider's format.
///
/// ```
/// use room_hooks_axum::{Ack, RoomHook, zego::{self, Zego}};
///
/// async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
///     println!("{} is open", created.event.room_id);
///     Ack::new()
/// }
/// ```
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

impl<P: Provider> IntoResponse for Ack<P> {
    fn into_response(self) -> Response {
        response(CallbackResponse::acknowledged::<P>())
    }
}

/// The reply to a question. It carries the decision:
///
/// ```
/// use room_hooks_axum::{Answer, RoomHook, tencent::{Decision, live::BeforeSendGift}};
///
/// async fn on_gift(RoomHook(gift): RoomHook<BeforeSendGift>) -> Answer<Decision<BeforeSendGift>> {
///     match gift.event.gift_water.count {
///         Some(..100) => Answer(Decision::allow()),
///         _ => Answer(Decision::deny()),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a reply needs only the decision")]
pub struct Answer<D>(pub D);

impl<D: Decision> IntoResponse for Answer<D> {
    fn into_response(self) -> Response {
        response(self.0.response())
    }
}
