use std::convert::Infallible;

use crate::{Callback, Provider, adapter::CallbackResponse};

/// A callback that asks whether something may happen: one kind of question, or a provider's
/// `Question`, which can be any kind.
///
/// Its handler, added with [`Hooks::answer`](crate::Hooks::answer), returns a decision, which the
/// response carries. A question has no [`DeliveryId`](crate::DeliveryId): two equal questions are
/// two questions, and each is answered.
///
/// ```
/// use room_hooks::{Hooks, Verified, zego::{BeforeSendMsg, Decision, Zego}};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego).answer(async |message: Verified<BeforeSendMsg>| {
///         println!("{:?} sends {}", message.event.from_user_id, message.event.msg_body);
///         Decision::neutral()
///     })
/// }
/// ```
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

/// A handler's answer to a [`Question`], in the provider's format.
///
/// A decision serializes as the body of the response.
///
/// ```
/// use room_hooks::{Decision as _, zego::Decision};
///
/// let decision = Decision::do_not_send();
/// assert_eq!(decision.as_str(), "do_not_send");
/// assert_eq!(decision.response().body, r#"{"result":3}"#);
/// ```
pub trait Decision: Send + 'static {
    /// The response that carries the decision. Its status is always 200.
    fn response(&self) -> CallbackResponse;

    /// The decision's name in logs and metrics, from a closed set, such as `allow`.
    fn as_str(&self) -> &'static str;
}

/// The type of decision for a provider that asks no questions.
impl Decision for Infallible {
    fn response(&self) -> CallbackResponse {
        match *self {}
    }

    fn as_str(&self) -> &'static str {
        match *self {}
    }
}
