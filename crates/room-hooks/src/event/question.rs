use std::convert::Infallible;

use crate::{Callback, Provider, adapter::CallbackResponse};

/// A callback that asks whether something may happen: a provider's whole `Question`, or one kind of it.
///
/// Its handler, added with [`Hooks::answer`](crate::Hooks::answer), returns a decision, and the response carries it.
/// A question has no [`DeliveryId`](crate::DeliveryId): two equal ones are two questions, and each is answered.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a question of a provider",
    label = "not a question",
    note = "ask for one kind, such as `tencent::live::BeforeSendGift`, or for all of them with \
            `zego::Question` or `tencent::Question`",
    note = "an event, such as `room_hooks::RoomCreated`, is not answered: add its handler with `Hooks::on`"
)]
pub trait Question: Callback<Any = <<Self as Callback>::Provider as Provider>::Question> {
    /// The type of the decision.
    type Decision: Decision;
}

/// What the handler of a [`Question`] returns: the provider's answer.
///
/// A decision serializes as the body of the response.
pub trait Decision: Send + 'static {
    /// The response that carries the decision. Its status is 200 whatever is decided.
    fn response(&self) -> CallbackResponse;

    /// The decision's name in logs and metrics, from a closed set, such as `allow`.
    fn as_str(&self) -> &'static str;
}

/// The decision of a provider that asks nothing.
impl Decision for Infallible {
    fn response(&self) -> CallbackResponse {
        match *self {}
    }

    fn as_str(&self) -> &'static str {
        match *self {}
    }
}
