use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::measure;

use super::claims::{Claim, ClaimStore, ClaimToken, Claimed, StoreError, Terms};

/// Claims in this process's memory, for a service that runs on one machine.
///
/// Exact: what is unexpired is never forgotten. Above its capacity it refuses, and the sender tries
/// again. A restart forgets everything, so that a delivery which was in progress is handled again.
pub struct MemoryClaims {
    capacity: usize,
    table: Mutex<Table>,
}

impl MemoryClaims {
    /// Creates a store with room for a million deliveries and signatures.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(1_000_000)
    }

    /// Creates a store with room for so many deliveries and signatures together. Memory is taken as it
    /// is needed.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, table: Mutex::default() }
    }

    /// How many deliveries and signatures it holds, those included that are about to be forgotten.
    #[must_use]
    pub fn held(&self) -> usize {
        self.table().entries.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No operation leaves the table half changed, whatever panics.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryClaims {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryClaims")
            .field("capacity", &self.capacity)
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}

impl ClaimStore for MemoryClaims {
    async fn claim(
        &self,
        Claimed { id, signature }: Claimed,
        terms: Terms,
        now: Instant,
    ) -> Result<Claim, StoreError> {
        let mut table = self.table();
        table.forget_expired(now, self.capacity);
        let (id, signature) = (*id.as_bytes(), signature.map(|signature| *signature.as_bytes()));
        let bound = signature.and_then(|signature| table.get(&signature, now));
        if matches!(bound, Some(State::Bound { to }) if to != id) {
            return Ok(Claim::SignatureReused);
        }
        let claim = match table.get(&id, now) {
            Some(State::Claimed(_)) => Claim::InProgress,
            Some(State::Settled { remembered }) if bound.is_some() || now < remembered => {
                Claim::Settled
            }
            _ => Claim::Granted(table.next_token()),
        };
        let unbound = signature.filter(|_| bound.is_none());
        let wanted =
            usize::from(unbound.is_some()) + usize::from(matches!(claim, Claim::Granted(_)));
        if table.entries.len() + wanted > self.capacity {
            return Err(StoreError::Full);
        }
        if let Some(signature) = unbound {
            table.set(signature, State::Bound { to: id }, after(now, terms.binding));
        }
        if let Claim::Granted(token) = claim {
            table.set(id, State::Claimed(token), after(now, terms.lease));
        }
        Ok(claim)
    }

    async fn renew(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        terms: Terms,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (mut table, id) = (self.table(), *delivery.id.as_bytes());
        if table.get(&id, now) == Some(State::Claimed(token)) {
            table.set(id, State::Claimed(token), after(now, terms.lease));
        }
        Ok(())
    }

    async fn settle(
        &self,
        delivery: Claimed,
        terms: Terms,
        now: Instant,
    ) -> Result<(), StoreError> {
        let settled = State::Settled { remembered: after(now, terms.memory) };
        let known = after(now, terms.settlement(delivery));
        self.table().set(*delivery.id.as_bytes(), settled, known);
        Ok(())
    }

    async fn release(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (mut table, id) = (self.table(), delivery.id.as_bytes());
        if table.get(id, now) == Some(State::Claimed(token)) {
            table.remove(id);
        }
        Ok(())
    }
}

/// A span that is too long to be added is longer than any process lives.
fn after(now: Instant, span: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    now + span.min(CENTURY)
}

type Key = [u8; 16];

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Claimed(ClaimToken),
    /// Until it is remembered no longer, whatever comes; until it expires, what is bound to it.
    Settled {
        remembered: Instant,
    },
    /// Of a signature.
    Bound {
        to: Key,
    },
}

/// Everything held. What is expired counts as gone, and is taken out a few at a time.
#[derive(Default)]
struct Table {
    entries: HashMap<Key, (State, Instant)>,
    /// Keys by the second in which they expire; a key is in more than one if its expiry was moved.
    expiries: BTreeMap<u64, Vec<Key>>,
    epoch: Option<Instant>,
    tokens: u64,
}

impl Table {
    fn get(&self, key: &Key, now: Instant) -> Option<State> {
        let &(state, expires) = self.entries.get(key)?;
        (now < expires).then_some(state)
    }

    fn set(&mut self, key: Key, state: State, expires: Instant) {
        let second = self.second(expires) + 1;
        if self.entries.insert(key, (state, expires)).is_none() {
            measure::one_more_held();
        }
        self.expiries.entry(second).or_default().push(key);
    }

    fn remove(&mut self, key: &Key) {
        if self.entries.remove(key).is_some() {
            measure::one_less_held();
        }
    }

    fn next_token(&mut self) -> ClaimToken {
        self.tokens += 1;
        ClaimToken(self.tokens)
    }

    /// Takes out some of what is expired: more than a claim adds and few enough to cost no pause, but
    /// all of it before there is no room.
    fn forget_expired(&mut self, now: Instant, capacity: usize) {
        const AT_ONCE: usize = 16;
        const ADDED: usize = 2;
        let second = self.second(now);
        let mut looked_at = 0;
        while looked_at < AT_ONCE || self.entries.len() + ADDED > capacity {
            let Some(mut bucket) = self.expiries.first_entry().filter(|b| *b.key() <= second)
            else {
                return;
            };
            match bucket.get_mut().pop() {
                None => drop(bucket.remove()),
                Some(key) => {
                    if self.entries.get(&key).is_some_and(|&(_, expires)| expires <= now) {
                        self.remove(&key);
                    }
                }
            }
            looked_at += 1;
        }
    }

    /// Seconds since the table was first used.
    fn second(&mut self, at: Instant) -> u64 {
        let epoch = *self.epoch.get_or_insert(at);
        at.saturating_duration_since(epoch).as_secs()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{DeliveryId, testing::acceptance};

    const TERMS: Terms = Terms {
        lease: Duration::from_secs(15),
        memory: Duration::from_secs(120),
        binding: Duration::from_secs(660),
    };

    fn delivery(number: u128) -> Claimed {
        Claimed { id: DeliveryId::from_bytes(number.to_be_bytes()), signature: None }
    }

    #[tokio::test]
    async fn it_does_what_a_store_must() {
        acceptance(&MemoryClaims::new(), async |_| {}).await;
    }

    #[tokio::test]
    async fn it_refuses_rather_than_forget_and_has_room_again_when_something_expires() {
        let claims = MemoryClaims::with_capacity(100);
        let now = tokio::time::Instant::now().into_std();
        for number in 0..99 {
            assert!(matches!(
                claims.claim(delivery(number), TERMS, now).await,
                Ok(Claim::Granted(_))
            ));
        }
        claims.settle(delivery(0), TERMS, now).await.unwrap();
        let _ = claims.claim(delivery(99), TERMS, now).await;
        assert!(matches!(claims.claim(delivery(100), TERMS, now).await, Err(StoreError::Full)));
        assert!(matches!(claims.claim(delivery(0), TERMS, now).await, Ok(Claim::Settled)));

        let later = now + TERMS.lease + Duration::from_secs(2);
        for number in 100..199 {
            let claim = claims.claim(delivery(number), TERMS, later).await;
            assert!(matches!(claim, Ok(Claim::Granted(_))), "{number}");
        }
        assert!(matches!(claims.claim(delivery(0), TERMS, later).await, Ok(Claim::Settled)));
    }

    #[tokio::test]
    async fn what_is_expired_is_let_go_of() {
        let claims = MemoryClaims::new();
        let mut now = tokio::time::Instant::now().into_std();
        for number in 0..10_000 {
            now += Duration::from_millis(100);
            let _ = claims.claim(delivery(number), TERMS, now).await;
            claims.settle(delivery(number), TERMS, now).await.unwrap();
        }
        // 120 s at 10 a second, and a little that is about to go.
        assert!((1200..1300).contains(&claims.held()), "{}", claims.held());
    }

    #[tokio::test]
    async fn spans_beyond_all_measure_overflow_nothing() {
        let claims = MemoryClaims::new();
        let terms = Terms { lease: Duration::MAX, memory: Duration::MAX, binding: Duration::MAX };
        let now = tokio::time::Instant::now().into_std();
        assert!(matches!(claims.claim(delivery(1), terms, now).await, Ok(Claim::Granted(_))));
        claims.settle(delivery(1), terms, now).await.unwrap();
        assert!(matches!(claims.claim(delivery(1), terms, now).await, Ok(Claim::Settled)));
    }
}
