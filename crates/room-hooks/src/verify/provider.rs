use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use crate::{CallbackResponse, Delivery, Disposition, Refusal, RoomEvent, Verified};

/// A platform that sends callbacks: how it signs them, what it can send, and how it wants to be
/// answered.
///
/// Only this crate can make a [`Verified`], so that only its providers can vouch for a delivery.
/// Handlers and adapters meet a provider through a [`Receiver`](crate::Receiver).
pub trait Provider: Clone + Debug + Send + Sync + 'static {
    /// The provider's name in logs and metrics: a lower-case word.
    const NAME: &'static str;

    /// How long it waits for an answer that it can use; a handler's timeout unless another is set.
    const RESPONSE_TIMEOUT: Duration;

    /// The outermost members of a document that say who sent it and prove it: never a part of the event.
    const SIGNED_BY: &'static [&'static str] = &[];

    /// The outermost members of a document that date its sending: a part of the event only if nothing of
    /// its own tells it from the next one that is equal.
    const SENT_AT: &'static [&'static str] = &[];

    /// The outermost members of a document that together sign any other body, so that they are not serialized.
    const SIGNATURE: &'static [&'static str] = &[];

    /// Where an event that has no type may name its room: paths of members, the likeliest first.
    const ROOM_ID: &'static [&'static str];

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

    /// The response that the provider's sender expects.
    fn response(disposition: &Disposition) -> CallbackResponse;

    /// Whether an event asks for permission, so that any answer but the acknowledgement denies it.
    fn asks(_event: &Self::Event) -> bool {
        false
    }
}

/// When no provider retries any more: all give up within about a minute, and each try may take its time.
pub(crate) const RETRIES_ARE_OVER: Duration = Duration::from_secs(120);
