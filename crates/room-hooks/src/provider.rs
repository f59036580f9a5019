use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use crate::{Answer, Delivery, Outcome, Refusal, Verified};

/// A platform that sends callbacks: how it signs them, what it can send, and how it wants to be
/// answered.
///
/// Only this crate can make a [`Verified`], so that only its providers can vouch for a delivery.
/// Handlers and adapters meet a provider through a [`Receiver`](crate::Receiver).
pub trait Provider: Debug + Send + Sync + 'static {
    /// The provider's name in logs and metrics: a lower-case word.
    const NAME: &'static str;

    /// How long it waits for an answer that it can use; a handler's deadline unless another is set.
    const ANSWER_WITHIN: Duration;

    /// How long after the first try it may send a delivery again.
    const RETRY_SPAN: Duration;

    /// Everything that it can send, unknown kinds included.
    type Event: RoomEvent<Provider = Self>;

    /// Verifies a delivery and reads the event from it.
    ///
    /// # Errors
    ///
    /// The delivery is not authentic, not fresh, or not readable as a callback at all.
    fn open(
        &self,
        delivery: Delivery<'_>,
        now: SystemTime,
    ) -> Result<Verified<Self::Event>, Refusal>;

    /// How far from now, both ways, a signature may have been made.
    fn tolerance(&self) -> Duration;

    /// The outermost members of an event's document that may differ between two tries of one delivery.
    fn not_content(event: &str) -> &'static [&'static str];

    /// The answer that the provider's sender expects.
    fn answer(outcome: Outcome<'_>) -> Answer;
}

/// What a handler can ask for: a provider's whole `Event`, or one kind of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a provider",
    note = "ask for one kind, such as `room_hooks::RoomCreated`, or for all of them with \
            `zego::Event` or `tencent::Event`"
)]
pub trait RoomEvent: Clone + Debug + Send + Sync + Sized + 'static {
    /// The provider that sends it.
    type Provider: Provider;

    /// Takes the event as this kind, or hands it back.
    ///
    /// # Errors
    ///
    /// The event is of another kind.
    fn narrow(
        event: <Self::Provider as Provider>::Event,
    ) -> Result<Self, <Self::Provider as Provider>::Event>;

    /// The event's name on the wire.
    fn name(&self) -> &str;

    /// The event's name from a closed set, fit for a metric's label: the wire's for an event that has a
    /// type, `other` for all that has none.
    fn kind(&self) -> &'static str;

    /// The room that it is about.
    fn room_id(&self) -> Option<&str>;

    /// The user whose action caused it.
    fn operator(&self) -> Option<&str>;

    /// When it happened, where the event itself says so; [`Verified::sent_at`] is when it was sent.
    fn occurred_at(&self) -> Option<SystemTime>;
}
