use std::marker::PhantomData;

use room_hooks::{Decision, Provider, adapter::CallbackResponse};
use room_hooks_tower::adapter::response;
use warp::{Reply, reply::Response};

/// The reply to a handled event, in the provider's format.
///
/// ```
/// use room_hooks_warp::{Ack, Verified, zego::{self, Zego}};
///
/// fn on_created(created: Verified<zego::RoomCreated>) -> Ack<Zego> {
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

impl<P: Provider> Reply for Ack<P> {
    fn into_response(self) -> Response {
        response(CallbackResponse::acknowledged::<P>())
    }
}

/// The reply to a question. It carries the decision:
///
/// ```
/// use room_hooks_warp::{
///     Answer, Verified, recover, room_hook, tencent::{Decision, Tencent, live::BeforeSendGift},
/// };
/// use warp::Filter;
///
/// fn on_gift(gift: Verified<BeforeSendGift>) -> Answer<Decision<BeforeSendGift>> {
///     match gift.event.gift_water.count {
///         Some(..100) => Answer(Decision::allow()),
///         _ => Answer(Decision::deny()),
///     }
/// }
///
/// # fn app(tencent: Tencent) -> impl Filter {
/// warp::path!("hooks" / "tencent").and(room_hook(tencent)).map(on_gift).recover(recover)
/// # }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a reply needs only the decision")]
pub struct Answer<D>(pub D);

impl<D: Decision> Reply for Answer<D> {
    fn into_response(self) -> Response {
        response(self.0.response())
    }
}
