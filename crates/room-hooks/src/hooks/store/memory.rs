use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, binary_heap::PeekMut},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::Instant,
};

use crate::{DeliveryId, metrics};

use super::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

/// A delivery store in this process's memory, for a service that runs as one process. Clones share
/// their contents.
///
/// Nothing is forgotten before it expires; a store at its capacity returns [`StoreError::Full`]. A
/// claim lasts until it is settled or released, and needs no lease: a process that crashes takes
/// its claims with it. A restart forgets everything, so a delivery that was in progress is handled
/// again.
///
/// A delivery takes about 100 to 150 bytes, and a signature that is bound to it as much again.
///
/// ```
/// use room_hooks::{Hooks, hooks::MemoryStore, zego::Zego};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego).with_store(MemoryStore::with_capacity(100_000))
/// }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    /// The maximum number of deliveries, and also of signatures.
    capacity: usize,
    created_on: ThreadId,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    deliveries: Table<State>,
    /// The delivery that each signature is bound to.
    signatures: Table<DeliveryId>,
    tokens: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InProgress(ClaimToken),
    Settled,
}

impl MemoryStore {
    /// Creates a store with room for four million deliveries and as many signatures. That is six
    /// thousand a second for the eleven minutes that ZEGO's deliveries are remembered by default.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(4_000_000)
    }

    /// Creates a store with room for `capacity` deliveries and as many signatures. Signatures have
    /// separate room, so a store full of deliveries still binds them. Memory is allocated as it is
    /// needed.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, created_on: thread::current().id(), held: Arc::default() }
    }

    /// The number of deliveries and signatures, including expired ones that have not been removed
    /// yet.
    #[must_use]
    pub fn entries(&self) -> usize {
        let held = self.lock();
        held.deliveries.entries.len() + held.signatures.entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A panic never leaves a table half changed.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .field("held", &self.entries())
            .finish_non_exhaustive()
    }
}

impl DeliveryStore for MemoryStore {
    async fn claim(&self, delivery: DeliveryKey, now: Instant) -> Result<ClaimOutcome, StoreError> {
        let id = *delivery.id.as_bytes();
        let Held { deliveries, signatures, tokens } = &mut *self.lock();
        if !bind(signatures, delivery, self.capacity, now)? {
            return Ok(ClaimOutcome::SignatureReused);
        }
        match deliveries.get(&id, now) {
            Some(State::InProgress(_)) => Ok(ClaimOutcome::InProgress),
            Some(State::Settled) => Ok(ClaimOutcome::Settled),
            None => {
                *tokens += 1;
                let token = ClaimToken(*tokens);
                deliveries.set(id, State::InProgress(token), None, self.capacity)?;
                Ok(ClaimOutcome::Granted(token))
            }
        }
    }

    async fn bind(&self, delivery: DeliveryKey, now: Instant) -> Result<bool, StoreError> {
        bind(&mut self.lock().signatures, delivery, self.capacity, now)
    }

    async fn settle(&self, delivery: DeliveryKey, now: Instant) -> Result<(), StoreError> {
        let (id, deliveries) = (delivery.id.as_bytes(), &mut self.lock().deliveries);
        // Makes room, which a delivery that was handled without a claim needs.
        deliveries.expire(now);
        deliveries.set(*id, State::Settled, now.checked_add(delivery.retention), self.capacity)
    }

    fn created_on(&self) -> Option<ThreadId> {
        Some(self.created_on)
    }

    async fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (id, deliveries) = (delivery.id.as_bytes(), &mut self.lock().deliveries);
        if deliveries.get(id, now) == Some(State::InProgress(token)) {
            deliveries.remove(id);
        }
        Ok(())
    }
}

/// Binds a delivery's signature to it, and returns whether it belongs to the delivery.
fn bind(
    signatures: &mut Table<DeliveryId>,
    delivery: DeliveryKey,
    capacity: usize,
    now: Instant,
) -> Result<bool, StoreError> {
    let Some(signature) = delivery.signature else { return Ok(true) };
    if let Some(owner) = signatures.get(signature.as_bytes(), now) {
        return Ok(owner == delivery.id);
    }
    let expires = now.checked_add(delivery.retention);
    signatures.set(*signature.as_bytes(), delivery.id, expires, capacity)?;
    Ok(true)
}

type Key = [u8; 16];

/// Values by digest. Most of them expire.
struct Table<V> {
    entries: HashMap<Key, (V, Option<Instant>)>,
    /// The times at which entries expire, earliest first. Includes times of entries that have since
    /// been set again or removed.
    expiries: BinaryHeap<Reverse<(Instant, Key)>>,
}

impl<V: Copy> Table<V> {
    /// The value of a key, if it has not expired.
    fn get(&mut self, key: &Key, now: Instant) -> Option<V> {
        self.expire(now);
        let (value, expires) = self.entries.get(key)?;
        expires.is_none_or(|expires| now < expires).then_some(*value)
    }

    /// Removes a few expired entries: more than one delivery adds, and few enough that no delivery
    /// waits long.
    fn expire(&mut self, now: Instant) {
        for _ in 0..4 {
            let Some(first) = self.expiries.peek_mut().filter(|first| first.0.0 <= now) else {
                break;
            };
            let Reverse((expired, key)) = PeekMut::pop(first);
            if self.entries.get(&key).is_some_and(|(_, expires)| *expires == Some(expired)) {
                self.remove(&key);
            }
        }
    }

    fn set(
        &mut self,
        key: Key,
        value: V,
        expires: Option<Instant>,
        capacity: usize,
    ) -> Result<(), StoreError> {
        if self.entries.len() >= capacity && !self.entries.contains_key(&key) {
            return Err(StoreError::Full);
        }
        if self.entries.insert(key, (value, expires)).is_none() {
            metrics::store_entries(1.0);
        }
        self.expiries.extend(expires.map(|expires| Reverse((expires, key))));
        Ok(())
    }

    fn remove(&mut self, key: &Key) {
        if self.entries.remove(key).is_some() {
            metrics::store_entries(-1.0);
        }
    }
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), expiries: BinaryHeap::new() }
    }
}

/// Keeps the gauge of entries correct when a table is dropped.
impl<V> Drop for Table<V> {
    fn drop(&mut self) {
        metrics::store_entries(-(self.entries.len() as f64));
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::time::Duration;

    use super::{super::any::now, *};
    use crate::{
        SignatureKey,
        hooks::ClaimOutcome::{Granted, InProgress, Settled, SignatureReused},
        testing::acceptance,
    };

    const RETENTION: Duration = Duration::from_secs(120);

    fn delivery(number: u128) -> DeliveryKey {
        let id = DeliveryId::from_bytes(number.to_be_bytes());
        DeliveryKey { id, signature: None, lease: Duration::from_secs(15), retention: RETENTION }
    }

    /// A delivery with the same signature as the others.
    fn signed(number: u128) -> DeliveryKey {
        DeliveryKey { signature: Some(SignatureKey::from_bytes([1; 16])), ..delivery(number) }
    }

    async fn full(now: Instant) -> MemoryStore {
        let store = MemoryStore::with_capacity(2);
        for number in [1, 2] {
            let _ = store.claim(delivery(number), now).await;
        }
        store
    }

    #[tokio::test]
    async fn it_does_what_a_store_must() {
        acceptance(&MemoryStore::new(), async |_| {}).await;
    }

    #[tokio::test]
    async fn it_refuses_rather_than_forget_and_has_room_again_when_something_expires() {
        let (store, now) = (MemoryStore::with_capacity(100), now());
        for number in 0..99 {
            assert!(matches!(store.claim(delivery(number), now).await, Ok(Granted(_))));
        }
        store.settle(delivery(0), now).await.unwrap();
        let _ = store.claim(delivery(99), now).await;
        assert!(matches!(store.claim(delivery(100), now).await, Err(StoreError::Full)));
        assert!(matches!(store.claim(delivery(0), now).await, Ok(Settled)));
        // Settling a delivery that was handled without a claim does not exceed the capacity.
        assert!(matches!(store.settle(delivery(100), now).await, Err(StoreError::Full)));

        let later = now + RETENTION + Duration::from_secs(2);
        assert!(matches!(store.claim(delivery(100), later).await, Ok(Granted(_))));
        assert!(matches!(store.claim(delivery(101), later).await, Err(StoreError::Full)));
        assert!(matches!(store.claim(delivery(1), later).await, Ok(InProgress)));
    }

    #[tokio::test]
    async fn a_delivery_is_new_from_the_end_of_its_retention_on() {
        let (store, now) = (MemoryStore::new(), now());
        let _ = store.claim(delivery(1), now).await;
        store.settle(delivery(1), now).await.unwrap();
        let end = now + RETENTION;
        let before = store.claim(delivery(1), end - Duration::from_nanos(1)).await;
        assert!(matches!(before, Ok(Settled)));
        assert!(matches!(store.claim(delivery(1), end).await, Ok(Granted(_))));
    }

    #[tokio::test]
    async fn a_signature_is_bound_to_all_bytes_of_a_delivery_id() {
        let (store, now) = (MemoryStore::new(), now());
        let _ = store.claim(signed(0), now).await;
        for byte in 8..16 {
            let claim = store.claim(signed(1 << (8 * byte)), now).await;
            assert!(matches!(claim, Ok(SignatureReused)), "{byte}");
        }
    }

    #[tokio::test]
    async fn a_store_full_of_deliveries_still_binds_signatures() {
        let now = now();
        let store = full(now).await;
        assert!(matches!(store.claim(signed(3 << 64), now).await, Err(StoreError::Full)));
        assert!(matches!(store.claim(signed(4 << 64), now).await, Ok(SignatureReused)));
        assert_eq!(format!("{store:?}"), "MemoryStore { capacity: 2, held: 3, .. }");
    }

    #[tokio::test]
    async fn a_full_store_has_room_as_soon_as_something_expires() {
        let begin = now();
        let store = full(begin).await;
        let short = DeliveryKey { retention: Duration::from_millis(50), ..delivery(1) };
        store.settle(delivery(2), begin).await.unwrap();
        store.settle(short, begin).await.unwrap();
        for (millis, is_granted) in [(49, false), (50, true), (50, false)] {
            let now = begin + Duration::from_millis(millis);
            let claim = store.claim(delivery(3 + u128::from(is_granted)), now).await;
            assert_eq!(matches!(claim, Ok(Granted(_))), is_granted, "{millis}");
        }
    }

    #[tokio::test]
    async fn many_expired_at_once_are_removed_a_few_at_a_time() {
        let (store, begin) = (MemoryStore::new(), now());
        for number in 0..100 {
            let _ = store.claim(delivery(number), begin).await;
            store.settle(delivery(number), begin).await.unwrap();
        }
        let later = begin + RETENTION;
        for number in 0..25 {
            let _ = store.claim(delivery(number), later).await;
            assert!(store.entries() >= 96 - 3 * number as usize, "{}", store.entries());
        }
        assert_eq!(store.entries(), 25);
    }

    #[tokio::test]
    async fn expired_entries_are_removed() {
        let (store, mut now) = (MemoryStore::new(), now());
        for number in 0..10_000 {
            now += Duration::from_millis(100);
            let _ = store.claim(delivery(number), now).await;
            store.settle(delivery(number), now).await.unwrap();
        }
        // 120 s at 10 a second, and the entries that have not been removed yet.
        assert!((1200..1800).contains(&store.entries()), "{}", store.entries());
    }

    #[tokio::test]
    async fn spans_beyond_all_measure_overflow_nothing() {
        let store = MemoryStore::new();
        let key = DeliveryKey { lease: Duration::MAX, retention: Duration::MAX, ..delivery(1) };
        let now = now();
        assert!(matches!(store.claim(key, now).await, Ok(Granted(_))));
        store.settle(key, now).await.unwrap();
        assert!(matches!(store.claim(key, now).await, Ok(Settled)));
    }
}
