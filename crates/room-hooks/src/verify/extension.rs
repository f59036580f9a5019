use crate::{Provider, Receiver, RoomEvent, Unhandled, Verified};

/// A verified event on its way from a guard to the extractor of a handler behind it.
///
/// Adapters put it into the request, so that the extractor need not verify a second time.
#[derive(Debug, Clone)]
pub struct VerifiedExtension<P: Provider> {
    receiver: Receiver<P>,
    verified: Verified<P::Event>,
}

impl<P: Provider> VerifiedExtension<P> {
    /// Keeps an event with the guard's receiver, which has verified it.
    #[must_use]
    pub fn new(receiver: Receiver<P>, verified: Verified<P::Event>) -> Self {
        Self { receiver, verified }
    }

    /// Hands the event out as the kind that the handler asks for, as [`Receiver::receive`] does.
    ///
    /// `None` if the handler has another receiver than the guard, which may be laxer, or another app's:
    /// then the handler's own has to verify.
    #[must_use]
    pub fn verified_by<E>(self, receiver: &Receiver<P>) -> Option<Result<Verified<E>, Unhandled>>
    where
        E: RoomEvent<Provider = P>,
    {
        self.receiver.is(receiver).then(|| self.verified.narrowed())
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
        let delivery = Delivery::new("SdkAppid=1", &(), br#"{"CallbackCommand":"x"}"#);
        let verified = guard.receive::<Event>(delivery, SystemTime::UNIX_EPOCH).unwrap();
        let extension = VerifiedExtension::new(guard.clone(), verified.clone());
        assert_eq!(extension.clone().verified_by::<Event>(&guard), Some(Ok(verified)));
        assert_eq!(extension.verified_by::<Event>(&receiver()), None);
    }
}
