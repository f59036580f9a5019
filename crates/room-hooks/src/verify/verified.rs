use std::{borrow::Cow, fmt, ops::Deref, time::SystemTime};

use crate::{
    Callback, DeliveryId, Document, Provider, RequestData, RoomEvent, SecretName, adapter::Received,
};

/// An event or question whose sender has been verified, with the facts about its delivery.
///
/// Only verification creates one, unless you call `dangerous_into_verified`, and nothing can change
/// it. So a function that takes a `Verified` never receives a forgery. It dereferences to its
/// [`Contents`]:
///
/// ```
/// use room_hooks::{Verified, zego};
///
/// fn on_created(created: Verified<zego::RoomCreated>) {
///     println!("app {}, room {}", created.app_id, created.event.room_id);
///     println!("attempt {} at delivery {:?}", created.attempt(), created.id());
///     let event: zego::RoomCreated = created.into_inner();
/// }
/// ```
///
/// A signature verifies the *sender*; only TRTC's covers the body, too. The [crate's
/// documentation](crate) says what you must do about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<E>(Box<Contents<E>>);

/// The contents of a [`Verified`], which has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents<E> {
    /// The event, or the question.
    pub event: E,
    /// The app that sent the callback (ZEGO: `appid`; Tencent: `SdkAppid`; TRTC: `SdkAppId`).
    pub app_id: u64,
    /// When the callback was sent, by the sender's clock, to the second or millisecond that was
    /// signed. `None` if the app does not sign, or if a TRTC callback has no `CallbackTs`.
    pub sent_at: Option<SystemTime>,
    /// The secret that signed the callback. `None` if the app does not sign.
    pub secret: Option<SecretName>,
    /// The whole document, including fields that no type names.
    pub document: Document,
    /// The request data that the receiver selected. **Not signed.**
    pub request: RequestData,
    /// Values sent alongside the document, by their names on the wire. Not signed.
    pub(crate) parameters: Vec<(Cow<'static, str>, Box<str>)>,
    /// Distinguishes one sending from the next, if the sender provides it. Not signed.
    pub(crate) request_id: Option<Box<str>>,
    /// The signature, if it does not cover the body.
    pub(crate) signature: Option<Signature>,
    /// The id that was stored with the event. It cannot be recomputed, because some of its inputs
    /// are not stored.
    pub(crate) stored_id: Option<DeliveryId>,
    pub(crate) attempt: Attempt,
}

/// One attempt to handle a delivery.
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

/// A verified signature that can be bound to the first content seen with it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) digest: Box<[u8]>,
    /// Whether no two honest deliveries share it.
    pub(crate) is_unique: bool,
}

/// Hides the signature: a reader could attach another body to it.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("is_unique", &self.is_unique).finish_non_exhaustive()
    }
}

impl<E> Verified<E> {
    pub(crate) fn new(contents: Contents<E>) -> Self {
        // The contents have up to 900 bytes and are moved often. Without the box, `receive` takes 6%
        // longer.
        Self(Box::new(contents))
    }

    /// Returns the event or question. From then on, no type proves that it was verified.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.0.event
    }

    /// Converts to one kind of event or question, or returns `self` unchanged.
    ///
    /// # Errors
    ///
    /// The event or question is of another kind.
    pub fn downcast<F>(self) -> Result<Verified<F>, Self>
    where
        F: Callback<Any = E>,
    {
        self.try_map(F::downcast)
    }

    /// Replaces the event or question, or leaves it unchanged.
    pub(crate) fn try_map<F>(
        self,
        map: impl FnOnce(E) -> Result<F, E>,
    ) -> Result<Verified<F>, Self> {
        let (event, rest) = self.0.replace(());
        match map(event) {
            Ok(event) => Ok(Verified::new(rest.replace(event).1)),
            Err(event) => Err(Self::new(rest.replace(event).1)),
        }
    }

    /// Sets the request data that the receiver selected, and when it was received.
    pub(crate) fn received(mut self, request: RequestData, at: SystemTime) -> Self {
        self.0.request = request;
        self.0.attempt.first_received_at = at;
        self
    }

    /// Sets the attempt.
    #[cfg(feature = "hooks")]
    pub(crate) fn set_attempt(&mut self, attempt: Attempt) {
        self.0.attempt = attempt;
    }
}

impl<E> Contents<E> {
    /// Replaces the event or question.
    fn replace<F>(self, by: F) -> (E, Contents<F>) {
        let Self {
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
        } = self;
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
        (event, replaced)
    }
}

impl<P: Provider> Verified<Received<P>> {
    /// Returns the event, or else the question.
    ///
    /// # Errors
    ///
    /// The callback is a question.
    pub fn into_event(self) -> Result<Verified<P::Event>, Verified<P::Question>> {
        let (received, rest) = self.0.replace(());
        match received {
            Received::Event(event) => Ok(Verified::new(rest.replace(event).1)),
            Received::Question(question) => Err(Verified::new(rest.replace(question).1)),
        }
    }
}

impl<E: RoomEvent> Verified<E> {
    /// The id that the delivery and its retries share; see [`DeliveryId`]. `None` if a retry cannot
    /// be distinguished from a second, equal event, as for an app that does not sign.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        self.stored_id.or_else(|| DeliveryId::of(self))
    }

    /// The number of this attempt to handle the delivery, from 1.
    ///
    /// An inbox worker counts every attempt, including those that a crash ended. Without an inbox,
    /// hooks count the attempts in this process, beginning with the first that failed; platforms do
    /// not number their retries.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt.number
    }

    /// When the first attempt that [`attempt`](Self::attempt) counts was received, by the clock of
    /// the process that received it; to the millisecond if the event has been stored since.
    #[must_use]
    pub fn first_received_at(&self) -> SystemTime {
        self.0.attempt.first_received_at
    }
}
