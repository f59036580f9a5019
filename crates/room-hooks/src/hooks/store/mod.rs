pub(crate) mod any;
#[cfg(all(test, feature = "testing"))]
mod leased;
pub(super) mod memory;
#[cfg(all(test, feature = "testing"))]
mod model;

use std::{
    error,
    fmt::Debug,
    thread::ThreadId,
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::{DeliveryId, SignatureKey};

/// Remembers which deliveries are being handled or have been, so that each is handled once.
///
/// A delivery is *free*, *claimed* until its lease runs out, or *settled* until its retention ends:
///
/// | state | `claim` | `renew`, own token | `settle` | `release`, own token | time |
/// |---|---|---|---|---|---|
/// | free | claimed, [`ClaimOutcome::Granted`] | claimed again, `true` | settled | – | – |
/// | claimed | [`ClaimOutcome::InProgress`] | lease begins again, `true` | settled | free | free after the lease |
/// | settled | [`ClaimOutcome::Settled`] | `false` | settled | – | free after the retention |
///
/// `renew` and `release` with a token that does not hold the claim change nothing, and `renew` returns
/// `false`: a handler that has lost its lease must not take away the next one's. A lease that ran out and
/// that no other worker took is taken back. `settle` needs no token: a handled delivery stays handled.
///
/// A signature that comes with a claim is bound to the delivery that it first came with, for the retention.
/// With another delivery it is refused, [`ClaimOutcome::SignatureReused`], also by a store that has no room for
/// more deliveries. `bind` does that alone.
///
/// A store may forget a claim when it crashes, so that a delivery is handled twice. It must never call a
/// delivery settled that is not, since it is then lost. It must never forget what has not expired in order
/// to make room: it returns [`StoreError::Full`].
///
/// `room_hooks::testing::acceptance`, under the feature `testing`, holds a store to this.
pub trait DeliveryStore: Debug + Send + Sync + 'static {
    /// Claims a delivery, and binds its signature to it.
    fn claim(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<ClaimOutcome, StoreError>> + Send;

    /// Binds a delivery's signature to it without a claim, and tells whether it belongs to the delivery. `true` for a
    /// delivery without a signature. For deliveries that are not stored: questions, and events without a handler.
    fn bind(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Lets the lease of a claim begin again, and tells whether the token holds the claim. Only stores whose claims
    /// need [renewal](Self::for_renewal) are asked.
    fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (delivery, token, now);
        async { Ok(true) }
    }

    /// Notes that a delivery has been handled.
    fn settle(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The store for the thread that renews leases, with connections of its own: those of this one belong
    /// to the runtime of the handlers, which a handler can block. `None` if a claim needs no renewal,
    /// because it ends with the process, or with [`release`](Self::release).
    fn for_renewal(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The thread that created the store, if only this process uses it: an adapter warns of workers that each create
    /// one.
    #[doc(hidden)]
    fn created_on(&self) -> Option<ThreadId> {
        None
    }

    /// Gives a claim back, so that the next try is handled.
    fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A delivery as a store knows it, and how long it keeps what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryKey {
    /// What identifies it.
    pub id: DeliveryId,
    /// Its signature, if that is to be bound.
    pub signature: Option<SignatureKey>,
    /// How long a claim lasts that its holder neither renews, settles nor releases.
    pub lease: Duration,
    /// How long a settled delivery is remembered, and a signature is bound to its first delivery. It is
    /// longer than the same bytes can be fresh.
    pub retention: Duration,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimOutcome {
    /// It is the caller's to handle.
    Granted(ClaimToken),
    /// Another worker is handling it.
    InProgress,
    /// It has been handled.
    Settled,
    /// Its signature belongs to another delivery.
    SignatureReused,
}

/// What tells one claim of a delivery from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a store makes them")]
pub struct ClaimToken(pub u64);

/// Why an operation of a store failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room for another claim.
    #[error("the delivery store is full")]
    Full,
    /// The store did not respond, or returned an invalid reply.
    #[error("the delivery store is unavailable")]
    Unavailable(#[source] Box<dyn error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_store_is_the_source_and_not_in_the_text() {
        let error = StoreError::Unavailable("connection refused".into());
        assert_eq!(error.to_string(), "the delivery store is unavailable");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert!(StoreError::Full.source().is_none());
    }
}
