use std::{
    error::Error,
    fmt::{self, Debug},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{DeliveryId, SignatureKey};

/// Remembers which deliveries are being handled or have been, so that each is handled once.
///
/// A delivery is *free*, *claimed* until its lease runs out, or *settled* until it is forgotten:
///
/// | state | `claim` | `renew`, own token | `settle` | `release`, own token | time |
/// |---|---|---|---|---|---|
/// | free | claimed, [`Claim::Granted`] | – | settled | – | – |
/// | claimed | [`Claim::InProgress`] | lease begins anew | settled | free | free after the lease |
/// | settled | [`Claim::Settled`] | – | settled | – | free after the memory |
///
/// `renew` and `release` with another's token change nothing: a handler that has lost its lease must
/// not take away the next one's. `settle` needs no token of the state: what is done is done.
///
/// A signature that comes with a claim is bound to the delivery that it first came with. With another
/// one it is refused, [`Claim::SignatureReused`], for as long as the binding lasts. With the same one it
/// is a duplicate of what has been settled for as long as that, even after the memory: only a try that
/// is signed anew can be a new delivery then.
///
/// What a store may get wrong: it may forget a claim when it crashes, so that a delivery is handled
/// twice. It must never call a delivery settled that is not, since it is then lost. It must never
/// forget what is unexpired to make room: it is [`StoreError::Full`], and the sender tries again.
///
/// `room_hooks::testing::acceptance`, under the feature `testing`, holds a store to this.
pub trait ClaimStore: Debug + Send + Sync + 'static {
    /// Claims a delivery, and binds its signature to it.
    fn claim(
        &self,
        delivery: Claimed,
        terms: Terms,
        now: Instant,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Lets the lease of a claim begin anew.
    fn renew(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        terms: Terms,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that a delivery has been handled.
    fn settle(
        &self,
        delivery: Claimed,
        terms: Terms,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives a claim back, so that the next try is handled.
    fn release(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A store that several hooks share.
impl<S: ClaimStore> ClaimStore for Arc<S> {
    async fn claim(&self, d: Claimed, terms: Terms, now: Instant) -> Result<Claim, StoreError> {
        S::claim(self, d, terms, now).await
    }

    async fn renew(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        terms: Terms,
        now: Instant,
    ) -> Result<(), StoreError> {
        S::renew(self, delivery, token, terms, now).await
    }

    async fn settle(&self, d: Claimed, terms: Terms, now: Instant) -> Result<(), StoreError> {
        S::settle(self, d, terms, now).await
    }

    async fn release(&self, d: Claimed, t: ClaimToken, now: Instant) -> Result<(), StoreError> {
        S::release(self, d, t, now).await
    }
}

/// A delivery as a store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claimed {
    /// What identifies it.
    pub id: DeliveryId,
    /// Its signature, if that is to be bound.
    pub signature: Option<SignatureKey>,
}

/// How long a store keeps what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// How long a claim lasts that nobody renews, settles or releases.
    pub lease: Duration,
    /// How long a settled delivery is remembered, whatever signature it comes with.
    pub memory: Duration,
    /// How long a signature is bound, from its first delivery on.
    pub binding: Duration,
}

impl Terms {
    /// How long it must be known that a delivery has been settled: its memory or, if it has a signature
    /// that may come again, the binding.
    #[must_use]
    pub fn settlement(&self, delivery: Claimed) -> Duration {
        match delivery.signature {
            Some(_) => self.memory.max(self.binding),
            None => self.memory,
        }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// It is the caller's to handle.
    Granted(ClaimToken),
    /// Somebody else is handling it.
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

/// Why a store cannot say.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room for another claim.
    Full,
    /// It does not answer, or not sensibly.
    OutOfOrder(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the store of claims is full",
            Self::OutOfOrder(_) => "the store of claims is out of order",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Full => None,
            Self::OutOfOrder(error) => Some(&**error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_store_is_the_source_and_not_in_the_text() {
        let error = StoreError::OutOfOrder("connection refused".into());
        assert_eq!(error.to_string(), "the store of claims is out of order");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert!(StoreError::Full.source().is_none());
    }

    #[test]
    fn a_settlement_is_known_for_the_longer_of_memory_and_binding_if_there_is_a_signature() {
        let (id, key) = (DeliveryId::from_bytes([1; 16]), SignatureKey::from_bytes([2; 16]));
        for (memory, binding, signature, known) in
            [(3, 9, Some(key), 9), (9, 3, Some(key), 9), (3, 9, None, 3)]
        {
            let [lease, memory, binding, known] =
                [1, memory, binding, known].map(Duration::from_secs);
            let terms = Terms { lease, memory, binding };
            assert_eq!(terms.settlement(Claimed { id, signature }), known);
        }
    }
}
