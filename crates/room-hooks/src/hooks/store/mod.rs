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

/// Remembers which deliveries are being handled or have been handled, so that each is handled once.
///
/// A delivery is *free*, *claimed* until its lease ends, or *settled* until its retention ends:
///
/// | state | `claim` | `renew`, own token | `settle` | `release`, own token | time |
/// |---|---|---|---|---|---|
/// | free | claimed, [`ClaimOutcome::Granted`] | claimed again, `true` | settled | – | – |
/// | claimed | [`ClaimOutcome::InProgress`] | lease restarts, `true` | settled | free | free after the lease |
/// | settled | [`ClaimOutcome::Settled`] | `false` | settled | – | free after the retention |
///
/// * `renew` and `release` change nothing if the token does not hold the claim, and `renew` returns
///   `false`: a handler that lost its lease must not take away its successor's. An expired lease
///   can be renewed if the delivery has not been claimed again. `settle` needs no token: a handled
///   delivery stays handled.
/// * A claim binds the delivery's signature to the delivery, for the retention. A claim by another
///   delivery with that signature returns [`ClaimOutcome::SignatureReused`], even if the store has
///   no room for more deliveries. `bind` binds the signature without a claim.
/// * A store may forget a claim when it crashes; the delivery is then handled twice. It must never
///   report a delivery as settled that is not, because the delivery would be lost. It must never
///   forget unexpired entries to make room, but return [`StoreError::Full`].
/// * `now` is the caller's monotonic time. A store with its own clock ignores it.
///
/// `room_hooks::testing::acceptance`, with the feature `testing`, checks these rules.
///
/// ```
/// use std::time::Instant;
///
/// use room_hooks::hooks::{
///     ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, MemoryStore, StoreError,
/// };
///
/// /// Prints the outcome of each claim.
/// #[derive(Debug)]
/// struct Printing(MemoryStore);
///
/// impl DeliveryStore for Printing {
///     async fn claim(
///         &self,
///         delivery: DeliveryKey,
///         now: Instant,
///     ) -> Result<ClaimOutcome, StoreError> {
///         let outcome = self.0.claim(delivery, now).await?;
///         println!("{}: {outcome:?}", delivery.id);
///         Ok(outcome)
///     }
///
///     async fn bind(&self, delivery: DeliveryKey, now: Instant) -> Result<bool, StoreError> {
///         self.0.bind(delivery, now).await
///     }
///
///     async fn settle(&self, delivery: DeliveryKey, now: Instant) -> Result<(), StoreError> {
///         self.0.settle(delivery, now).await
///     }
///
///     async fn release(
///         &self,
///         delivery: DeliveryKey,
///         token: ClaimToken,
///         now: Instant,
///     ) -> Result<(), StoreError> {
///         self.0.release(delivery, token, now).await
///     }
/// }
/// ```
pub trait DeliveryStore: Debug + Send + Sync + 'static {
    /// Claims a delivery, and binds its signature to it.
    fn claim(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<ClaimOutcome, StoreError>> + Send;

    /// Binds a delivery's signature to it without a claim, and returns whether the signature
    /// belongs to the delivery; `true` if the delivery has none. For deliveries that are not
    /// stored: questions, and events without a handler.
    fn bind(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Restarts the lease of a claim, and returns whether the token holds the claim. Called only
    /// for stores whose claims need [renewal](Self::for_renewal).
    fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (delivery, token, now);
        async { Ok(true) }
    }

    /// Records that a delivery has been handled.
    fn settle(
        &self,
        delivery: DeliveryKey,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The store for the thread that renews leases, with its own connections: the connections of
    /// this store belong to the handlers' runtime, which a handler can block. `None` if a claim
    /// needs no renewal, because it ends with the process or with [`release`](Self::release).
    fn for_renewal(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The thread that created the store, if only this process uses it. An adapter warns if each of
    /// a server's workers creates a store.
    #[doc(hidden)]
    fn created_on(&self) -> Option<ThreadId> {
        None
    }

    /// Releases a claim, so that the next attempt is handled.
    fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A delivery as a store knows it, with its lease and retention. [`DeliveryStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryKey {
    /// The id, which the delivery and its retries share.
    pub id: DeliveryId,
    /// The signature, if it must be bound.
    pub signature: Option<SignatureKey>,
    /// How long a claim lasts if its holder does not renew, settle or release it.
    pub lease: Duration,
    /// How long a settled delivery is remembered, and a signature stays bound to its first
    /// delivery: at least as long as the same bytes can be fresh.
    pub retention: Duration,
}

/// The outcome of [`DeliveryStore::claim`]. [`DeliveryStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimOutcome {
    /// The caller must handle the delivery.
    Granted(ClaimToken),
    /// The delivery is being handled.
    InProgress,
    /// The delivery has been handled.
    Settled,
    /// The delivery's signature belongs to another delivery.
    SignatureReused,
}

/// Distinguishes one claim of a delivery from the next, for [`DeliveryStore::renew`] and
/// [`DeliveryStore::release`]. [`DeliveryStore`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores create it")]
pub struct ClaimToken(pub u64);

/// Why an operation of a [`DeliveryStore`] failed.
///
/// ```
/// use room_hooks::hooks::StoreError;
///
/// /// How a store reports a lost connection.
/// fn unavailable(error: std::io::Error) -> StoreError {
///     StoreError::Unavailable(error.into())
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room for another delivery or signature.
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
    fn the_cause_of_a_store_error_is_its_source_and_not_in_its_text() {
        let error = StoreError::Unavailable("connection refused".into());
        assert_eq!(error.to_string(), "the delivery store is unavailable");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert!(StoreError::Full.source().is_none());
    }
}
