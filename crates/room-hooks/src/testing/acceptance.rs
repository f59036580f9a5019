use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use crate::{
    DeliveryId, SignatureKey,
    hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore},
};

const LEASE: Duration = Duration::from_millis(900);
const RETENTION: Duration = Duration::from_millis(2700);
const A_MOMENT: Duration = Duration::from_millis(300);

/// Checks a store against the rules of [`DeliveryStore`], with deliveries that no other test uses.
///
/// `wait` lets time pass for the store. If the store uses the `now` that it is given, `wait` does
/// nothing. If the store has its own clock, `wait` sleeps, some ten seconds in all, or advances
/// that clock if it stands still.
///
/// ```
/// use room_hooks::{hooks::MemoryStore, testing::acceptance};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// acceptance(&MemoryStore::new(), async |_| {}).await;
/// # }
/// ```
///
/// # Panics
///
/// The store breaks one of the rules.
// For rustdoc, as on `Hooks`.
#[cfg(feature = "hooks")]
pub async fn acceptance<S: DeliveryStore>(store: &S, wait: impl AsyncFn(Duration)) {
    let now = Cell::new(tokio::time::Instant::now().into_std());
    let pass = async |span| {
        wait(span).await;
        now.set(now.get() + span);
    };
    let at = || now.get();

    a_delivery_is_handled_once(store, at()).await;
    a_released_delivery_is_free(store, at()).await;
    a_signature_belongs_to_its_first_delivery(store, at()).await;
    one_of_several_concurrent_claims_wins(store, at()).await;

    // A settled delivery stays settled for the retention, and then becomes free.
    let delivery = DeliveryKey { signature: signature(), ..unused() };
    let token = granted(store.claim(delivery, at()).await);
    store.settle(delivery, at()).await.expect("the delivery is settled");
    store.release(delivery, token, at()).await.expect("the store responds");
    if let Some(renewing) = store.for_renewal() {
        let renewed = renewing.renew(delivery, token, at()).await;
        assert_eq!(renewed.ok(), Some(false), "the delivery is settled");
    }
    let forged = DeliveryKey { signature: delivery.signature, ..unused() };
    pass(RETENTION - A_MOMENT * 2).await;
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::Settled));
    assert_eq!(store.claim(forged, at()).await.ok(), Some(ClaimOutcome::SignatureReused));
    pass(A_MOMENT * 4).await;
    granted(store.claim(forged, at()).await);
    granted(store.claim(DeliveryKey { signature: None, ..delivery }, at()).await);

    if store.for_renewal().is_some() {
        a_lease_expires(store, at, pass).await;
    } else {
        // A claim lasts until it is released.
        let delivery = unused();
        let token = granted(store.claim(delivery, at()).await);
        pass(LEASE * 3).await;
        assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::InProgress));
        store.release(delivery, token, at()).await.expect("the delivery is released");
        granted(store.claim(delivery, at()).await);
    }
}

/// If processes share a store, a lease expires when its process crashes, and belongs to one process
/// at a time.
async fn a_lease_expires<S: DeliveryStore>(
    store: &S,
    at: impl Fn() -> Instant,
    pass: impl AsyncFn(Duration),
) {
    let renewing = store.for_renewal().expect("the store renews leases");
    // The first holder's lease is renewed and then expires. A second holder takes over.
    let delivery = unused();
    let first = granted(store.claim(delivery, at()).await);
    pass(LEASE - A_MOMENT).await;
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::InProgress));
    assert_eq!(renewing.renew(delivery, first, at()).await.ok(), Some(true));
    pass(LEASE - A_MOMENT).await;
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::InProgress), "renewed");
    pass(A_MOMENT * 2).await;
    let second = granted(store.claim(delivery, at()).await);
    assert_ne!(first, second);

    // The first holder was frozen and resumes. It has lost its lease and cannot take the second's
    // away.
    store.release(delivery, first, at()).await.expect("the store responds");
    assert_eq!(renewing.renew(delivery, first, at()).await.ok(), Some(false), "lost");
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::InProgress));

    // If the first holder settles the delivery, it stays settled, and the second cannot undo that.
    store.settle(delivery, at()).await.expect("the delivery is settled");
    store.release(delivery, second, at()).await.expect("the store responds");
    assert_eq!(renewing.renew(delivery, second, at()).await.ok(), Some(false), "settled");
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::Settled));

    // A lease that expired while the store was unavailable is recovered, unless another process has
    // it.
    let delivery = unused();
    let token = granted(store.claim(delivery, at()).await);
    pass(LEASE + A_MOMENT).await;
    assert_eq!(renewing.renew(delivery, token, at()).await.ok(), Some(true), "taken back");
    assert_eq!(store.claim(delivery, at()).await.ok(), Some(ClaimOutcome::InProgress));

    // The lease of a process that crashed expires, too.
    let crashed = unused();
    granted(store.claim(crashed, at()).await);
    pass(LEASE + A_MOMENT).await;
    granted(store.claim(crashed, at()).await);
}

async fn a_delivery_is_handled_once<S: DeliveryStore>(store: &S, now: Instant) {
    let (delivery, other) = (unused(), unused());
    granted(store.claim(delivery, now).await);
    for _ in 0..3 {
        assert_eq!(store.claim(delivery, now).await.ok(), Some(ClaimOutcome::InProgress));
    }
    granted(store.claim(other, now).await);
    store.settle(delivery, now).await.expect("the delivery is settled");
    for _ in 0..3 {
        assert_eq!(store.claim(delivery, now).await.ok(), Some(ClaimOutcome::Settled));
    }
}

async fn a_released_delivery_is_free<S: DeliveryStore>(store: &S, now: Instant) {
    let delivery = DeliveryKey { signature: signature(), ..unused() };
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = granted(store.claim(delivery, now).await);
        assert!(!tokens.contains(&token), "each claim has its own token");
        tokens.push(token);
        store.release(delivery, token, now).await.expect("the delivery is released");
    }
}

async fn a_signature_belongs_to_its_first_delivery<S: DeliveryStore>(store: &S, now: Instant) {
    let honest = DeliveryKey { signature: signature(), ..unused() };
    let forged = DeliveryKey { signature: honest.signature, ..unused() };
    let token = granted(store.claim(honest, now).await);
    assert_eq!(store.claim(forged, now).await.ok(), Some(ClaimOutcome::SignatureReused));
    store.release(honest, token, now).await.expect("the delivery is released");
    assert_eq!(store.claim(forged, now).await.ok(), Some(ClaimOutcome::SignatureReused));
    granted(store.claim(honest, now).await);

    // A re-signed retry adds a signature, which belongs to the same delivery from then on.
    let again = DeliveryKey { signature: signature(), ..honest };
    assert_eq!(store.claim(again, now).await.ok(), Some(ClaimOutcome::InProgress));
    store.settle(honest, now).await.expect("the delivery is settled");
    assert_eq!(store.claim(again, now).await.ok(), Some(ClaimOutcome::Settled));
    let forged = DeliveryKey { signature: again.signature, ..forged };
    assert_eq!(store.claim(forged, now).await.ok(), Some(ClaimOutcome::SignatureReused));
    assert_eq!(store.bind(forged, now).await.ok(), Some(false));

    // Binding a signature does not claim the delivery.
    let bound = DeliveryKey { signature: signature(), ..unused() };
    let forged = DeliveryKey { signature: bound.signature, ..unused() };
    for _ in 0..2 {
        assert_eq!(store.bind(bound, now).await.ok(), Some(true));
        assert_eq!(store.bind(forged, now).await.ok(), Some(false));
        assert_eq!(store.claim(forged, now).await.ok(), Some(ClaimOutcome::SignatureReused));
    }
    granted(store.claim(bound, now).await);
    assert_eq!(
        store.bind(unused(), now).await.ok(),
        Some(true),
        "without a signature there is nothing to bind"
    );
}

async fn one_of_several_concurrent_claims_wins<S: DeliveryStore>(store: &S, now: Instant) {
    let same = unused();
    let claim = |delivery| store.claim(delivery, now);
    let outcomes = tokio::join!(claim(same), claim(same), claim(same), claim(same));
    let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
    let winners = outcomes.iter().filter(|claim| matches!(claim, Ok(ClaimOutcome::Granted(_))));
    assert_eq!(winners.count(), 1, "of {outcomes:?}");

    let signature = signature();
    let [first, second] = [(); 2].map(|()| DeliveryKey { signature, ..unused() });
    let outcomes = tokio::join!(claim(first), claim(second));
    let winners = [&outcomes.0, &outcomes.1]
        .into_iter()
        .filter(|claim| matches!(claim, Ok(ClaimOutcome::Granted(_))));
    assert_eq!(winners.count(), 1, "of {outcomes:?}");
}

#[track_caller]
fn granted(claim: Result<ClaimOutcome, crate::hooks::StoreError>) -> ClaimToken {
    match claim {
        Ok(ClaimOutcome::Granted(token)) => token,
        other => panic!("expected a granted claim, got {other:?}"),
    }
}

/// A delivery that no other run has used, because the store may be shared.
fn unused() -> DeliveryKey {
    let id = DeliveryId::from_bytes(random());
    DeliveryKey { id, signature: None, lease: LEASE, retention: RETENTION }
}

fn signature() -> Option<SignatureKey> {
    Some(SignatureKey::from_bytes(random()))
}

fn random() -> [u8; 16] {
    let (high, low) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}
