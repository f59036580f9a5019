use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;

use crate::{
    Delivery, Disposition, FailurePolicy, Question, Refusal, RequestData, RoomEvent, Verified,
    adapter::{CallbackResponse, Received},
};

/// A platform that sends callbacks: [`Zego`](crate::zego::Zego),
/// [`Tencent`](crate::tencent::Tencent) or [`Trtc`](crate::trtc::Trtc).
///
/// The trait is sealed: only this crate can create a [`Verified`], so only its providers can vouch
/// for a delivery. Use it as a bound of code that works with any provider:
///
/// ```
/// use room_hooks::{Hooks, Provider, Verified};
///
/// fn print_all<P: Provider>(provider: P) -> Hooks<P> {
///     Hooks::new(provider).fallback(async |event: Verified<P::Event>| println!("{event:?}"))
/// }
/// ```
pub trait Provider: Sealed + Clone + Debug + Send + Sync + 'static {
    /// The provider's name in logs and metrics, such as `zego`.
    const NAME: &'static str;

    /// The type of all the provider's events, including unknown kinds.
    type Event: RoomEvent<Provider = Self> + DeserializeOwned;

    /// The type of all the provider's questions, including unknown kinds. Uninhabited if the
    /// provider asks none.
    type Question: Question<Provider = Self>;

    /// The default timeout of event handlers: how long the sender waits for a response, less the
    /// time in transit.
    #[doc(hidden)]
    const RESPONSE_TIMEOUT: Duration;

    /// The default timeout of question handlers, and its maximum. Without a response, the provider
    /// decides.
    #[doc(hidden)]
    const QUESTION_TIMEOUT: Duration;

    /// The top-level fields that identify and authenticate the sender. Delivery ids leave them out.
    /// These names, and those of the next two constants, are in lower case and without underscores,
    /// and stand for every spelling.
    #[doc(hidden)]
    const SIGNED_BY: &'static [&'static str] = &[];

    /// The top-level fields that date a delivery. Delivery ids depend on them only if no other
    /// field distinguishes the event from an equal one.
    #[doc(hidden)]
    const SENT_AT: &'static [&'static str] = &[];

    /// The top-level fields with which a reader could sign another body. They are never serialized.
    #[doc(hidden)]
    const SIGNATURE: &'static [&'static str] = &[];

    /// The paths at which an event without a type may name its room, likeliest first.
    #[doc(hidden)]
    const ROOM_ID: &'static [&'static str];

    /// Whether a room id that is a number differs from a room id that is a string of the same
    /// digits.
    #[doc(hidden)]
    const HAS_NUMBERED_ROOMS: bool = false;

    /// Verifies a delivery and reads its event or question. An app lookup uses `request`. `now`
    /// returns the time for checking the freshness of an app's deliveries.
    ///
    /// # Errors
    ///
    /// The delivery is not authentic, not fresh, or not readable as a callback.
    #[doc(hidden)]
    fn open(
        &self,
        delivery: Delivery<'_>,
        request: &RequestData,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Opened<Self>, Refusal>;

    /// How far a signed time may differ from now, in either direction. `None` if no time is
    /// checked.
    #[doc(hidden)]
    fn tolerance(&self) -> Option<Duration>;

    /// The default retention of handled deliveries: longer than the sender retries, and longer than
    /// the same bytes can be fresh, which is twice the tolerance.
    #[doc(hidden)]
    fn retention(&self) -> Duration {
        let fresh = self.tolerance().unwrap_or_default().saturating_mul(2);
        fresh.saturating_add(Duration::from_secs(60)).max(MAX_RETRY_SPAN)
    }

    /// The response that the sender expects.
    #[doc(hidden)]
    fn response(disposition: &Disposition) -> CallbackResponse;

    /// The response to a question that no handler decides. A provider without questions needs none.
    #[doc(hidden)]
    #[must_use]
    fn undecided(_policy: FailurePolicy) -> CallbackResponse {
        Self::response(&Disposition::NoHandler)
    }
}

/// The content of a delivery whose sender has been verified.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "used by this crate only")]
pub enum Opened<P: Provider> {
    /// An event or a question.
    Callback(Verified<Received<P>>),
    /// A console's check of the URL.
    Probe,
    /// A question whose body is missing or unreadable. The verified query names it.
    UnreadableQuestion { name: Box<str>, reason: Refusal },
}

/// Keeps other crates from implementing [`Provider`].
#[expect(unnameable_types, reason = "it seals the trait")]
pub trait Sealed {}

/// After this time, no provider retries: all give up within about a minute, and each attempt may be
/// slow.
pub(crate) const MAX_RETRY_SPAN: Duration = Duration::from_secs(120);
