use crate::{Callback, NotDelivered, Provider, Receiver, Verified, adapter::Received};

/// A verified event or question that a middleware passes to the extractor of the handler behind it.
///
/// An adapter puts it in the request's extensions, so that the extractor need not verify again.
///
/// ```
/// use std::time::SystemTime;
///
/// use room_hooks::{
///     Delivery, NotDelivered, Receiver, Verified,
///     adapter::{Received, VerifiedExtension},
///     zego::{self, Zego},
/// };
///
/// /// The middleware's part.
/// fn verify(
///     receiver: &Receiver<Zego>,
///     delivery: Delivery<'_>,
/// ) -> Result<VerifiedExtension<Zego>, NotDelivered> {
///     let verified = receiver.receive::<Received<Zego>>(delivery, SystemTime::now())?;
///     Ok(VerifiedExtension::new(receiver.clone(), verified))
/// }
///
/// /// The extractor's part.
/// fn extract(
///     extension: VerifiedExtension<Zego>,
/// ) -> Result<Verified<zego::RoomCreated>, NotDelivered> {
///     extension.into_verified()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct VerifiedExtension<P: Provider> {
    receiver: Receiver<P>,
    verified: Verified<Received<P>>,
}

impl<P: Provider> VerifiedExtension<P> {
    /// Stores an event or question together with the receiver that verified it.
    #[must_use]
    pub fn new(receiver: Receiver<P>, verified: Verified<Received<P>>) -> Self {
        Self { receiver, verified }
    }

    /// If `receiver` verified the callback, returns the result of [`Receiver::receive`].
    ///
    /// `None` if `receiver` is not a clone of the middleware's receiver. The middleware's may be
    /// less strict, or for another app, so the extractor must then verify with its own receiver.
    /// The body limit and timeout remain the middleware's.
    #[must_use]
    pub fn verified_by<E>(self, receiver: &Receiver<P>) -> Option<Result<Verified<E>, NotDelivered>>
    where
        E: Callback<Provider = P>,
    {
        self.receiver.is(receiver).then(|| self.into_verified())
    }

    /// Returns the event, whichever receiver verified it, for an extractor without a receiver.
    ///
    /// # Errors
    ///
    /// The event or question is of another kind.
    pub fn into_verified<E>(self) -> Result<Verified<E>, NotDelivered>
    where
        E: Callback<Provider = P>,
    {
        self.receiver.select(self.verified)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use crate::{
        Delivery,
        tencent::{Event, Tencent},
    };

    use super::*;

    #[test]
    fn only_the_receiver_that_verified_an_event_gets_it() {
        let receiver = || Receiver::new(Tencent::dangerous_unsigned(1));
        let guard = receiver();
        let delivery = Delivery::new(br#"{"CallbackCommand":"x"}"#).with_query("SdkAppid=1");
        let verified =
            guard.receive::<Received<Tencent>>(delivery, SystemTime::UNIX_EPOCH).unwrap();
        let event = verified.clone().try_map(Event::select).unwrap();
        let extension = VerifiedExtension::new(guard.clone(), verified);
        assert_eq!(extension.clone().verified_by::<Event>(&guard), Some(Ok(event)));
        assert_eq!(extension.clone().verified_by::<Event>(&receiver()), None);
        // A lookup may depend on the selected request data.
        let selecting = guard.with_request_data(|head, data| data.insert("a", head.segment(0)));
        assert_eq!(extension.verified_by::<Event>(&selecting), None);
    }
}
