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

    /// The outermost members of a document that say who sent it and prove it: never a part of the event.
    const SIGNED_BY: &'static [&'static str];

    /// The outermost members of a document that date its sending: a part of the event only if nothing of
    /// its own tells it from the next one that is equal.
    const SENT_AT: &'static [&'static str];

    /// Everything that it can send, unknown kinds included.
    type Event: RoomEvent<Provider = Self>;

    /// Verifies a delivery and reads the event from it. There may be none: a console that checks whether
    /// a URL answers tells of nothing that happened in a room. `now` gives the time by which an app's
    /// deliveries are fresh or stale.
    ///
    /// # Errors
    ///
    /// The delivery is not authentic, not fresh, or not readable as a callback at all.
    fn open(
        &self,
        delivery: Delivery<'_>,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Option<Verified<Self::Event>>, Refusal>;

    /// How far from now, both ways, a signature may have been made, if that is looked at.
    fn tolerance(&self) -> Option<Duration>;

    /// How long a handled delivery is remembered by default: longer than its sender retries, and longer
    /// than the same bytes can be fresh, which is twice the tolerance.
    fn retention(&self) -> Duration {
        let fresh = self.tolerance().unwrap_or_default().saturating_mul(2);
        fresh.saturating_add(Duration::from_secs(60)).max(RETRIES_ARE_OVER)
    }

    /// The answer that the provider's sender expects.
    fn answer(outcome: Outcome<'_>) -> Answer;

    /// Whether an event asks for permission, so that any answer but the acknowledgement denies it.
    fn asks(_event: &Self::Event) -> bool {
        false
    }
}

/// What a handler can ask for: a provider's whole `Event`, or one kind of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a provider",
    note = "ask for one kind, such as `room_hooks::RoomCreated`, or for all of them with \
            `zego::Event`, `tencent::Event` or `trtc::Event`"
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

    /// The event's kind from a closed set, fit for a metric's label: the wire's name for an event that
    /// has a type, with the product in front where two products share it (`express/room_create`), and
    /// `other` for all that has none.
    fn kind(&self) -> &'static str;

    /// The room that it is about.
    fn room_id(&self) -> Option<&str>;

    /// The user whose action caused it; `None` where it was nobody's, or the provider does not say.
    fn operator(&self) -> Option<&str>;

    /// When it happened, where the event itself says so; [`Verified::sent_at`] is when it was sent.
    fn occurred_at(&self) -> Option<SystemTime>;

    /// What tells two lives of one room id apart, where the provider says so (ZEGO Express).
    fn session(&self) -> Option<u64>;

    /// The members, by their paths, of which one tells the event from the next that is equal.
    #[doc(hidden)]
    fn distinct_by(&self) -> &'static [&'static str];
}

/// When no provider retries any more: after 62 s of ZEGO's back-off or a minute of TRTC's, and the time that
/// each try may take.
pub(crate) const RETRIES_ARE_OVER: Duration = Duration::from_secs(120);
