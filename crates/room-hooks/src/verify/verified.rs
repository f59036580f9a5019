use std::time::SystemTime;

use crate::{
    DeliveryId, Document, Provider, RoomEvent, SecretName, Unhandled, event::id::Signature,
    tencent::Client,
};

/// An event whose sender has been verified, and what is known of its delivery.
///
/// There is no way to make one but verification: a function that takes a `Verified` cannot be handed
/// a forgery.
///
/// What is verified is the *sender*, by a signature that covers the body for TRTC only. The crate's
/// documentation says what that leaves to you.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified<E> {
    /// The event.
    pub event: E,
    /// The app that it comes from (ZEGO: `appid`; Tencent: `SdkAppid`; TRTC: `SdkAppId`).
    pub app_id: u64,
    /// When it was sent, by the sender's clock, to the second or millisecond that was signed; `None`
    /// where nothing is signed, or the callback does not say (TRTC).
    pub sent_at: Option<SystemTime>,
    /// Which of the app's secrets it was signed with; `None` where nothing is signed.
    pub secret: Option<SecretName>,
    /// Where the request came from that led to it, as the query tells (Tencent).
    pub client: Option<Client>,
    /// All that was sent, for members that no type names.
    pub document: Document,
    /// The query's `RequestID`, which tells one sending from the next (Tencent).
    pub(crate) request_id: Option<Box<str>>,
    /// The signature, where the provider's signatures are unique.
    pub(crate) signature: Option<Signature>,
}

impl<E> Verified<E> {
    /// Takes the event as one kind, or hands it back.
    ///
    /// # Errors
    ///
    /// The event is of another kind.
    pub fn narrow<F>(self) -> Result<Verified<F>, Self>
    where
        F: RoomEvent,
        F::Provider: Provider<Event = E>,
    {
        let (event, delivery) = self.split();
        match F::narrow(event) {
            Ok(event) => Ok(delivery.with(event)),
            Err(event) => Err(delivery.with(event)),
        }
    }

    /// The event, and what is known of its delivery.
    fn split(self) -> (E, Verified<()>) {
        let Self { event, app_id, sent_at, secret, client, document, request_id, signature } = self;
        (
            event,
            Verified {
                event: (),
                app_id,
                sent_at,
                secret,
                client,
                document,
                request_id,
                signature,
            },
        )
    }
}

impl Verified<()> {
    fn with<E>(self, event: E) -> Verified<E> {
        let Self { event: (), app_id, sent_at, secret, client, document, request_id, signature } =
            self;
        Verified { event, app_id, sent_at, secret, client, document, request_id, signature }
    }
}

impl<E: RoomEvent> Verified<E> {
    /// As [`narrow`](Self::narrow), where an event of another kind is nobody's and to be acknowledged.
    pub(crate) fn narrowed<F>(self) -> Result<Verified<F>, Unhandled>
    where
        F: RoomEvent,
        F::Provider: Provider<Event = E>,
    {
        self.narrow().map_err(|_| Unhandled::not_asked_for::<E::Provider>())
    }

    /// The id that the delivery and its retries share; see [`DeliveryId`]. `None` if nothing tells a retry
    /// from a second event that is equal, as in a delivery of an app that does not sign.
    #[must_use]
    pub fn id(&self) -> Option<DeliveryId> {
        DeliveryId::of(self)
    }
}
