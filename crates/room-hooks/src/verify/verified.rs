use std::{borrow::Cow, fmt, ops::Deref, time::SystemTime};

use crate::{
    Callback, DeliveryId, Document, Provider, RequestData, RoomEvent, SecretName, adapter::Received,
};

/// An event or a question whose sender has been verified, and what is known of its delivery.
///
/// Only verification makes one, unless you call `dangerous_into_verified`, and nothing changes it. So a function
/// that takes a `Verified` never takes a forgery. It dereferences to its [`Contents`]: `verified.event.room_id` reads
/// a member of the event, and [`into_inner`](Self::into_inner) takes the event out.
///
/// What is verified is the *sender*, by a signature that covers the body for TRTC only. The crate's
/// documentation says what that leaves to you.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<E>(Contents<E>);

/// What a [`Verified`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents<E> {
    /// The event, or the question.
    pub event: E,
    /// The app that it comes from (ZEGO: `appid`; Tencent: `SdkAppid`; TRTC: `SdkAppId`).
    pub app_id: u64,
    /// When it was sent, by the sender's clock, to the second or millisecond that was signed; `None`
    /// where nothing is signed, or the callback does not say (TRTC).
    pub sent_at: Option<SystemTime>,
    /// Which of the app's secrets it was signed with; `None` where nothing is signed.
    pub secret: Option<SecretName>,
    /// All that was sent, for members that no type names.
    pub document: Document,
    /// What the receiver selects of the request. **Not signed.**
    pub request: RequestData,
    /// What came beside the document and is not signed, by its name on the wire.
    pub(crate) parameters: Vec<(Cow<'static, str>, Box<str>)>,
    /// What tells one sending from the next, where the sender gives that; not signed.
    pub(crate) request_id: Option<Box<str>>,
    /// The signature, where it does not cover the body.
    pub(crate) signature: Option<Signature>,
    /// The id that it was stored with: some of what that is made of is not stored.
    pub(crate) stored_id: Option<DeliveryId>,
    pub(crate) attempt: Attempt,
}

/// Which attempt at handling a delivery this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) first_received_at: SystemTime,
}

impl Default for Attempt {
    fn default() -> Self {
        Self { number: 1, first_received_at: SystemTime::UNIX_EPOCH }
    }
}

impl<E> Deref for Verified<E> {
    type Target = Contents<E>;

    fn deref(&self) -> &Contents<E> {
        &self.0
    }
}

/// A verified signature that can be bound to the first content that is seen with it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) digest: Box<[u8]>,
    /// Whether no two honest deliveries have it.
    pub(crate) is_unique: bool,
}

/// Does not show it: a reader could attach another body to it.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("is_unique", &self.is_unique).finish_non_exhaustive()
    }
}

impl<E> Verified<E> {
    pub(crate) fn new(contents: Contents<E>) -> Self {
        Self(contents)
    }

    /// Takes the event or question out. From then on, no type says that it was verified.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.0.event
    }

    /// Takes the event or question as one kind, or hands it back.
    ///
    /// # Errors
    ///
    /// It is of another kind.
    pub fn downcast<F>(self) -> Result<Verified<F>, Self>
    where
        F: Callback<Any = E>,
    {
        self.try_map(F::downcast)
    }

    /// Puts another event or question in the place of this one, or leaves it as it is.
    pub(crate) fn try_map<F>(
        self,
        map: impl FnOnce(E) -> Result<F, E>,
    ) -> Result<Verified<F>, Self> {
        let (event, rest) = self.replace(());
        match map(event) {
            Ok(event) => Ok(rest.replace(event).1),
            Err(event) => Err(rest.replace(event).1),
        }
    }

    /// Keeps what the receiver selected of the request, and when that was received.
    pub(crate) fn received(mut self, request: RequestData, at: SystemTime) -> Self {
        self.0.request = request;
        self.0.attempt.first_received_at = at;
        self
    }

    /// Notes which attempt this is.
    #[cfg(feature = "hooks")]
    pub(crate) fn set_attempt(&mut self, attempt: Attempt) {
        self.0.attempt = attempt;
    }

    fn replace<F>(self, by: F) -> (E, Verified<F>) {
        let Contents {
            event,
            app_id,
            sent_at,
            secret,
            document,
            request,
            parameters,
            request_id,
            signature,
            stored_id,
            attempt,
        } = self.0;
        let replaced = Contents {
            event: by,
            app_id,
            sent_at,
            secret,
            document,
            request,
            parameters,
            request_id,
            signature,
            stored_id,
            attempt,
        };
        (event, Verified(replaced))
    }
}

impl<P: Provider> Verified<Received<P>> {
    /// Tells an event from a question.
    ///
    /// # Errors
    ///
    /// It is a question.
    pub fn into_event(self) -> Result<Verified<P::Event>, Verified<P::Question>> {
        let (received, rest) = self.replace(());
        match received {
            Received::Event(event) => Ok(rest.replace(event).1),
            Received::Question(question) => Err(rest.replace(question).1),
        }
    }
}

impl<E: RoomEvent> Verified<E> {
    /// The id that the delivery and its retries share; see [`DeliveryId`]. `None` if nothing tells a retry
    /// from a second event that is equal, as in a delivery of an app that does not sign.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        self.stored_id.or_else(|| DeliveryId::of(self))
    }

    /// The number of this attempt at handling it, from 1.
    ///
    /// A worker of the inbox counts every attempt, also those that a crash ended. Without an inbox, hooks count the
    /// deliveries that this process has received since the first that failed; a platform does not number its retries.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt.number
    }

    /// When the first of these attempts was received: by the clock of the process that received it, and to the
    /// millisecond if it was stored since.
    #[must_use]
    pub fn first_received_at(&self) -> SystemTime {
        self.0.attempt.first_received_at
    }
}
