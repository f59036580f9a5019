use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;

use crate::{
    Delivery, Disposition, FailurePolicy, Question, Refusal, RequestData, RoomEvent, Verified,
    adapter::{CallbackResponse, Received},
};

/// A platform that sends callbacks: [`Zego`](crate::zego::Zego), [`Tencent`](crate::tencent::Tencent) or
/// [`Trtc`](crate::trtc::Trtc).
///
/// The trait is sealed: only this crate can make a [`Verified`], so only its providers can vouch for a delivery.
pub trait Provider: Sealed + Clone + Debug + Send + Sync + 'static {
    /// The provider's name in logs and metrics, such as `zego`.
    const NAME: &'static str;

    /// The type of all its events, unknown kinds included.
    type Event: RoomEvent<Provider = Self> + DeserializeOwned;

    /// The type of all its questions, unknown kinds included; empty if it asks nothing.
    type Question: Question<Provider = Self>;

    /// How long its sender waits for a response, less the time on the way: the default timeout of handlers.
    #[doc(hidden)]
    const RESPONSE_TIMEOUT: Duration;

    /// The same for a question, which is then decided without us.
    #[doc(hidden)]
    const QUESTION_TIMEOUT: Duration;

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

    /// Whether a room named by a number and one named by the same digits as a text are two.
    #[doc(hidden)]
    const HAS_NUMBERED_ROOMS: bool = false;

    /// Verifies a delivery and reads its event or question. A lookup of apps takes the data of the request. `now`
    /// returns the time by which an app's deliveries are fresh or stale.
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

    /// The response to a question that no handler decides. A provider that asks nothing needs none.
    #[doc(hidden)]
    #[must_use]
    fn undecided(_policy: FailurePolicy) -> CallbackResponse {
        Self::response(&Disposition::NoHandler)
    }
}

/// What a delivery is, once its sender has been verified.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only this crate has use for it")]
pub enum Opened<P: Provider> {
    /// An event or a question.
    Callback(Verified<Received<P>>),
    /// A console's check of the URL.
    Probe,
    /// A question by this name, as the verified query says, whose body is gone or cannot be read.
    UnreadableQuestion { name: Box<str>, reason: Refusal },
}

/// Keeps other crates from implementing [`Provider`].
#[expect(unnameable_types, reason = "that is what seals the trait")]
pub trait Sealed {}

/// When no provider retries any more: all give up within about a minute, and each try may take its time.
pub(crate) const MAX_RETRY_SPAN: Duration = Duration::from_secs(120);
