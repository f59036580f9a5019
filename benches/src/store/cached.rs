use std::time::{Duration, Instant};

use moka::{policy::EvictionPolicy, sync::Cache};
use room_hooks::hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

/// A common substitute for a delivery store: a cache that tells whether a key is new. It evicts
/// unexpired entries when it is full, has no claims that end by themselves, and uses its own clock.
#[derive(Debug)]
pub struct Cached(Cache<[u8; 16], [u8; 16]>);

impl Cached {
    /// Creates a cache with room for `capacity` entries.
    #[must_use]
    pub fn new(capacity: usize, retention: Duration) -> Self {
        let cache = Cache::builder()
            .max_capacity(capacity as u64)
            // The default policy may reject a new key.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(retention);
        Self(cache.build())
    }

    fn is_new(&self, key: &[u8; 16], value: [u8; 16]) -> bool {
        self.0.entry_by_ref(key).or_insert(value).is_fresh()
    }
}

impl DeliveryStore for Cached {
    async fn claim(&self, it: DeliveryKey, now: Instant) -> Result<ClaimOutcome, StoreError> {
        let id = *it.id.as_bytes();
        if !self.bind(it, now).await? {
            return Ok(ClaimOutcome::SignatureReused);
        }
        Ok(if self.is_new(&id, id) {
            ClaimOutcome::Granted(ClaimToken(0))
        } else {
            ClaimOutcome::Settled
        })
    }

    async fn bind(&self, it: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        let id = *it.id.as_bytes();
        Ok(it.signature.is_none_or(|signature| self.is_new(signature.as_bytes(), id)))
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, it: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        self.0.invalidate(it.id.as_bytes());
        Ok(())
    }
}
