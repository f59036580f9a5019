use crate::{Callback, NotDelivered, Provider, Receiver, Verified, adapter::Received};

/// A verified event or question on its way from a middleware to the extractor of the handler behind it.
///
/// An adapter puts it into the request's extensions, so that the extractor need not verify again.
#[derive(Debug, Clone)]
pub struct VerifiedExtension<P: Provider> {
    receiver: Receiver<P>,
    verified: Verified<Received<P>>,
}

impl<P: Provider> VerifiedExtension<P> {
    /// Keeps an event or question beside the receiver that verified it.
    #[must_use]
    pub fn new(receiver: Receiver<P>, verified: Verified<Received<P>>) -> Self {
        Self { receiver, verified }
    }

    /// Returns the event if `receiver` verified it, as [`Receiver::receive`] does.
    ///
    /// `None` if `receiver` is not a clone of the middleware's, which may be less strict or another app's: then the
    /// extractor's own must verify. The limit and timeout of the body are the middleware's.
    #[must_use]
    pub fn verified_by<E>(self, receiver: &Receiver<P>) -> Option<Result<Verified<E>, NotDelivered>>
    where
        E: Callback<Provider = P>,
    {
        self.receiver.is(receiver).then(|| self.into_verified())
    }

    /// Returns the event whichever receiver verified it, for an extractor that has none of its own.
    ///
    /// # Errors
    ///
    /// It is of another kind.
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
    fn an_event_is_handed_over_to_the_receiver_that_has_verified_it() {
        let receiver = || Receiver::new(Tencent::dangerous_unsigned(1));
        let guard = receiver();
        let delivery = Delivery::new(br#"{"CallbackCommand":"x"}"#).with_query("SdkAppid=1");
        let verified =
            guard.receive::<Received<Tencent>>(delivery, SystemTime::UNIX_EPOCH).unwrap();
        let event = verified.clone().try_map(Event::select).unwrap();
        let extension = VerifiedExtension::new(guard.clone(), verified);
        assert_eq!(extension.clone().verified_by::<Event>(&guard), Some(Ok(event)));
        assert_eq!(extension.clone().verified_by::<Event>(&receiver()), None);
        // A lookup may depend on what is selected of the request.
        let selecting = guard.with_request_data(|head, data| data.insert("a", head.segment(0)));
        assert_eq!(extension.verified_by::<Event>(&selecting), None);
    }
}
