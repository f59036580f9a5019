use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use crate::{Delivery, Disposition, Refusal, RoomEvent, Verified, adapter::CallbackResponse};

/// A platform that sends callbacks: [`Zego`](crate::zego::Zego), [`Tencent`](crate::tencent::Tencent) or
/// [`Trtc`](crate::trtc::Trtc).
///
/// The trait is sealed: only this crate can make a [`Verified`], so only its providers can vouch for a delivery.
///
/// ```compile_fail
/// # use std::time::{Duration, SystemTime};
/// # use room_hooks::{Delivery, Disposition, Provider, Refusal, Verified, adapter::CallbackResponse, zego};
/// #[derive(Clone, Debug)]
/// struct Forger;
///
/// impl Provider for Forger {
///     const NAME: &'static str = "forger";
///     type Event = zego::Event;
/// #   // All that there is, so that only the seal is missing.
/// #   const RESPONSE_TIMEOUT: Duration = Duration::ZERO;
/// #   const ROOM_ID: &'static [&'static str] = &[];
/// #   fn open(
/// #       &self,
/// #       _: Delivery<'_>,
/// #       _: &dyn Fn(u64) -> SystemTime,
/// #   ) -> Result<Option<Verified<zego::Event>>, Refusal> {
/// #       unreachable!()
/// #   }
/// #   fn tolerance(&self) -> Option<Duration> {
/// #       unreachable!()
/// #   }
/// #   fn response(_: &Disposition) -> CallbackResponse {
/// #       unreachable!()
/// #   }
/// }
/// ```
pub trait Provider: Sealed + Clone + Debug + Send + Sync + 'static {
    /// The provider's name in logs and metrics, such as `zego`.
    const NAME: &'static str;

    /// The type of all its events, unknown kinds included.
    type Event: RoomEvent<Provider = Self>;

    /// How long its sender waits for a response, less the time on the way: the default timeout of handlers.
    #[doc(hidden)]
    const RESPONSE_TIMEOUT: Duration;

    /// The outermost members that identify the sender and prove it. They are not part of the event. These names,
    /// and those of the next two, are in lower case and without underscores, and stand for every spelling.
    #[doc(hidden)]
    const SIGNED_BY: &'static [&'static str] = &[];

    /// The outermost members of a document that date its sending. They are part of the event only if no other
    /// member tells it from an equal one.
    #[doc(hidden)]
    const SENT_AT: &'static [&'static str] = &[];

    /// The outermost members of a document that together sign any other body, so they are never serialized.
    #[doc(hidden)]
    const SIGNATURE: &'static [&'static str] = &[];

    /// The paths at which an event without a type may name its room, the likeliest first.
    #[doc(hidden)]
    const ROOM_ID: &'static [&'static str];

    /// Verifies a delivery and reads its event. A console's check of the URL has none. `now` returns the time by
    /// which an app's deliveries are fresh or stale.
    ///
    /// # Errors
    ///
    /// The delivery is not authentic, not fresh, or not readable as a callback.
    #[doc(hidden)]
    fn open(
        &self,
        delivery: Delivery<'_>,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Option<Verified<Self::Event>>, Refusal>;

    /// How far from now, both ways, a signed time may be; `None` if no time is checked.
    #[doc(hidden)]
    fn tolerance(&self) -> Option<Duration>;

    /// How long a handled delivery is remembered by default: longer than its sender retries, and longer than
    /// the same bytes can be fresh, which is twice the tolerance.
    #[doc(hidden)]
    fn retention(&self) -> Duration {
        let fresh = self.tolerance().unwrap_or_default().saturating_mul(2);
        fresh.saturating_add(Duration::from_secs(60)).max(MAX_RETRY_SPAN)
    }

    /// The response that its sender expects.
    #[doc(hidden)]
    fn response(disposition: &Disposition) -> CallbackResponse;

    /// Whether an event asks for permission, so that any response but the acknowledgement denies it.
    #[doc(hidden)]
    fn asks(_event: &Self::Event) -> bool {
        false
    }
}

/// Keeps other crates from implementing [`Provider`].
#[expect(unnameable_types, reason = "that is what seals the trait")]
pub trait Sealed {}

/// When no provider retries any more: all give up within about a minute, and each try may take its time.
pub(crate) const MAX_RETRY_SPAN: Duration = Duration::from_secs(120);
