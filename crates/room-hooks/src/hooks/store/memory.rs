use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{DeliveryId, SignatureKey};

use super::{
    Claim, ClaimStore, ClaimToken, Claimed, StoreError, Terms,
    expiring::{Change, Expiring, Key, Moment},
};

/// Claims in this process's memory, for a service that runs on one machine.
///
/// Exact: nothing is forgotten before it expires. Above its capacity it is [`StoreError::Full`]. A claim
/// lasts until it is settled or released, so it needs no lease: a process that crashes takes its claims
/// with it. A restart forgets everything, so that a delivery which was in progress is handled again.
///
/// A delivery takes some 50 to 100 bytes, and a signature that is bound to it 40 to 80 more.
pub struct MemoryClaims {
    /// Of deliveries, and of signatures.
    capacity: usize,
    deliveries: Expiring<State>,
    /// What each signature is bound to: half of a delivery's id. Another content for those 64 bits cannot
    /// be found while the signature is fresh.
    signatures: Expiring<[u8; 8]>,
    tokens: AtomicU64,
    epoch: OnceLock<Instant>,
    next_sweep: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Claimed(ClaimToken),
    Settled,
}

impl MemoryClaims {
    /// Creates a store with room for four million deliveries, and as many signatures: six thousand a second for
    /// the eleven minutes that ZEGO's are remembered by default.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(4_000_000)
    }

    /// Creates a store with room for so many deliveries, and as many signatures. Signatures have room of
    /// their own, so that a store full of deliveries still binds. Memory is taken as it is needed.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            deliveries: Expiring::new(),
            signatures: Expiring::new(),
            tokens: AtomicU64::new(0),
            epoch: OnceLock::new(),
            next_sweep: AtomicU64::new(0),
        }
    }

    /// How many deliveries and signatures it holds, those included that are about to be forgotten.
    #[must_use]
    pub fn held(&self) -> usize {
        self.deliveries.held() + self.signatures.held()
    }

    /// Binds a signature to a delivery, or tells that it belongs to another.
    pub(in crate::hooks) fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        terms: Terms,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let now = self.moment(now);
        let has_room = self.has_room(&self.signatures, now);
        let owner = half(id.as_bytes());
        self.signatures.update(*signature.as_bytes(), now, |bound| match bound {
            Some(bound) => (Ok(bound == owner), Change::Keep),
            None if has_room => (Ok(true), Change::Set(owner, after(now, terms.retention))),
            None => (Err(StoreError::Full), Change::Keep),
        })
    }

    /// Whether one more can be held. A full store forgets its expired entries, but only now and then: it must not
    /// cost more than one with room.
    fn has_room<V: Copy>(&self, held: &Expiring<V>, now: Moment) -> bool {
        const OFTEN: Moment = Duration::from_millis(100).as_nanos() as Moment;
        let has_room = || held.held() < self.capacity;
        if has_room() {
            return true;
        }
        if now < self.next_sweep.load(Ordering::Relaxed) {
            return false;
        }
        self.next_sweep.store(now.saturating_add(OFTEN), Ordering::Relaxed);
        self.deliveries.sweep_all(now);
        self.signatures.sweep_all(now);
        has_room()
    }

    fn moment(&self, at: Instant) -> Moment {
        let epoch = *self.epoch.get_or_init(|| at);
        // It lasts for 584 years.
        at.saturating_duration_since(epoch).as_nanos() as Moment
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
        at: Instant,
    ) -> Result<Claim, StoreError> {
        if let Some(signature) = signature
            && !self.bind(signature, id, terms, at)?
        {
            return Ok(Claim::SignatureReused);
        }
        let now = self.moment(at);
        let has_room = self.has_room(&self.deliveries, now);
        self.deliveries.update(*id.as_bytes(), now, |state| match state {
            Some(State::Claimed(_)) => (Ok(Claim::InProgress), Change::Keep),
            Some(State::Settled) => (Ok(Claim::Settled), Change::Keep),
            None if !has_room => (Err(StoreError::Full), Change::Keep),
            None => {
                let token = ClaimToken(self.tokens.fetch_add(1, Ordering::Relaxed));
                (Ok(Claim::Granted(token)), Change::Set(State::Claimed(token), Moment::MAX))
            }
        })
    }

    async fn renew(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        _terms: Terms,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let (id, now) = (*delivery.id.as_bytes(), self.moment(now));
        self.deliveries.update(id, now, |state| match state {
            None => (Ok(true), Change::Set(State::Claimed(token), Moment::MAX)),
            state => (Ok(state == Some(State::Claimed(token))), Change::Keep),
        })
    }

    async fn settle(
        &self,
        delivery: Claimed,
        terms: Terms,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (id, now) = (*delivery.id.as_bytes(), self.moment(now));
        let has_room = self.has_room(&self.deliveries, now);
        self.deliveries.update(id, now, |state| match state {
            // It was handled without a claim.
            None if !has_room => (Err(StoreError::Full), Change::Keep),
            _ => (Ok(()), Change::Set(State::Settled, after(now, terms.retention))),
        })
    }

    fn for_renewal(&self) -> Option<Self> {
        None
    }

    async fn release(
        &self,
        delivery: Claimed,
        token: ClaimToken,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (id, now) = (*delivery.id.as_bytes(), self.moment(now));
        self.deliveries.update(id, now, |state| match state == Some(State::Claimed(token)) {
            true => (Ok(()), Change::Remove),
            false => (Ok(()), Change::Keep),
        })
    }
}

/// A span that is too long to be added is longer than any process lives.
fn after(now: Moment, span: Duration) -> Moment {
    now.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

fn half([a, b, c, d, e, f, g, h, ..]: &Key) -> [u8; 8] {
    [*a, *b, *c, *d, *e, *f, *g, *h]
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{DeliveryId, SignatureKey, testing::acceptance};

    const TERMS: Terms =
        Terms { lease: Duration::from_secs(15), retention: Duration::from_secs(120) };

    fn delivery(number: u128) -> Claimed {
        Claimed { id: DeliveryId::from_bytes(number.to_be_bytes()), signature: None }
    }

    #[tokio::test]
    async fn it_does_what_a_store_must() {
        acceptance(&MemoryClaims::new(), async |_| {}).await;
    }

    #[tokio::test]
    async fn shared_it_does_so_too() {
        acceptance(&Arc::new(MemoryClaims::new()), async |_| {}).await;
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
        // A delivery that was handled without a claim takes no room that there is not.
        assert!(matches!(claims.settle(delivery(100), TERMS, now).await, Err(StoreError::Full)));

        let later = now + TERMS.retention + Duration::from_secs(2);
        assert!(matches!(claims.claim(delivery(100), TERMS, later).await, Ok(Claim::Granted(_))));
        assert!(matches!(claims.claim(delivery(101), TERMS, later).await, Err(StoreError::Full)));
        assert!(matches!(claims.claim(delivery(1), TERMS, later).await, Ok(Claim::InProgress)));
    }

    #[tokio::test]
    async fn a_delivery_is_new_from_the_end_of_its_retention_on() {
        let claims = MemoryClaims::new();
        let now = tokio::time::Instant::now().into_std();
        let _ = claims.claim(delivery(1), TERMS, now).await;
        claims.settle(delivery(1), TERMS, now).await.unwrap();
        let end = now + TERMS.retention;
        let before = claims.claim(delivery(1), TERMS, end - Duration::from_nanos(1)).await;
        assert!(matches!(before, Ok(Claim::Settled)));
        assert!(matches!(claims.claim(delivery(1), TERMS, end).await, Ok(Claim::Granted(_))));
    }

    #[tokio::test]
    async fn no_byte_of_what_a_signature_is_bound_to_is_another_deliverys() {
        let claims = MemoryClaims::new();
        let signature = Some(SignatureKey::from_bytes([1; 16]));
        let now = tokio::time::Instant::now().into_std();
        let _ = claims.claim(Claimed { signature, ..delivery(0) }, TERMS, now).await;
        for byte in 8..16 {
            let another = Claimed { signature, ..delivery(1 << (8 * byte)) };
            let claim = claims.claim(another, TERMS, now).await;
            assert!(matches!(claim, Ok(Claim::SignatureReused)), "{byte}");
        }
    }

    #[tokio::test]
    async fn a_store_full_of_deliveries_still_binds_signatures() {
        let claims = MemoryClaims::with_capacity(2);
        let now = tokio::time::Instant::now().into_std();
        for number in [1, 2] {
            let _ = claims.claim(delivery(number), TERMS, now).await;
        }
        let signature = Some(SignatureKey::from_bytes([1; 16]));
        let (honest, forged) = (
            Claimed { signature, ..delivery(3 << 64) },
            Claimed { signature, ..delivery(4 << 64) },
        );
        assert!(matches!(claims.claim(honest, TERMS, now).await, Err(StoreError::Full)));
        assert!(matches!(claims.claim(forged, TERMS, now).await, Ok(Claim::SignatureReused)));
        assert_eq!(format!("{claims:?}"), "MemoryClaims { capacity: 2, held: 3, .. }");
    }

    #[tokio::test]
    async fn a_full_store_looks_for_what_has_expired_ten_times_a_second() {
        let claims = MemoryClaims::with_capacity(1);
        let begin = tokio::time::Instant::now().into_std();
        let terms = Terms { retention: Duration::from_millis(50), ..TERMS };
        for (number, millis, is_granted) in
            [(1, 0, true), (2, 0, false), (2, 99, false), (2, 100, true)]
        {
            let now = begin + Duration::from_millis(millis);
            let claim = claims.claim(delivery(number), terms, now).await;
            assert_eq!(matches!(claim, Ok(Claim::Granted(_))), is_granted, "{number} {millis}");
            claims.settle(delivery(1), terms, begin).await.unwrap_or_default();
        }
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
        // 120 s at 10 a second, and what is about to go: a part is used once in half a minute.
        assert!((1200..1800).contains(&claims.held()), "{}", claims.held());
    }

    #[tokio::test]
    async fn spans_beyond_all_measure_overflow_nothing() {
        let claims = MemoryClaims::new();
        let terms = Terms { lease: Duration::MAX, retention: Duration::MAX };
        let now = tokio::time::Instant::now().into_std();
        assert!(matches!(claims.claim(delivery(1), terms, now).await, Ok(Claim::Granted(_))));
        claims.settle(delivery(1), terms, now).await.unwrap();
        assert!(matches!(claims.claim(delivery(1), terms, now).await, Ok(Claim::Settled)));
    }
}
