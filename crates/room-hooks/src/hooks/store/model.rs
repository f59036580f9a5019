//! Tests that no interleaving of claims, renewals, settlements, releases, crashes and time breaks
//! the rules of a store.
//!
//! The rules are checked against the history, not against a second implementation: every answer of
//! a store must follow from earlier events.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{
    ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, leased::Leased, memory::MemoryStore,
};
use crate::{DeliveryId, SignatureKey};

const LEASE: Duration = Duration::from_secs(3);
const RETENTION: Duration = Duration::from_secs(10);

/// Longer than any history.
const FOREVER: Duration = Duration::from_secs(1_000_000);

/// The actions of a few machines on a few deliveries. A crash, a freeze or an unavailable store is
/// represented by a claim that is not renewed, temporarily or permanently.
#[derive(Debug, Clone)]
enum Act {
    Try { delivery: u8, signature: Option<u8> },
    Bind { delivery: u8, signature: Option<u8> },
    Renew { claim: usize },
    Settle { claim: usize },
    Release { claim: usize },
    Wait { seconds: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0..3_u8, prop::option::of(0..3_u8))
            .prop_map(|(delivery, signature)| Act::Try { delivery, signature }),
        1 => (0..3_u8, prop::option::of(0..3_u8))
            .prop_map(|(delivery, signature)| Act::Bind { delivery, signature }),
        1 => (0..8_usize).prop_map(|claim| Act::Renew { claim }),
        2 => (0..8_usize).prop_map(|claim| Act::Settle { claim }),
        2 => (0..8_usize).prop_map(|claim| Act::Release { claim }),
        2 => (0..12_u64).prop_map(|seconds| Act::Wait { seconds }),
    ];
    prop::collection::vec(act, 1..60)
}

/// A granted claim, and until when it holds.
struct Granted {
    delivery: DeliveryKey,
    token: ClaimToken,
    until: Option<Instant>,
}

#[derive(Default)]
struct History {
    granted: Vec<Granted>,
    settled: Vec<(DeliveryId, Instant)>,
    /// Every signature's first delivery, and the time of its binding.
    bound: Vec<(SignatureKey, DeliveryId, Instant)>,
}

impl History {
    fn is_held(&self, id: DeliveryId, now: Instant) -> bool {
        self.granted.iter().any(|granted| {
            granted.delivery.id == id && granted.until.is_some_and(|until| now < until)
        })
    }

    fn was_settled(&self, id: DeliveryId, now: Instant) -> bool {
        self.settled.iter().any(|&(settled, at)| settled == id && now < at + RETENTION)
    }

    fn owner(&self, signature: SignatureKey) -> Option<(DeliveryId, Instant)> {
        let (_, id, since) = self.bound.iter().rev().find(|(bound, ..)| *bound == signature)?;
        Some((*id, *since))
    }

    fn is_stolen(&self, delivery: DeliveryKey, now: Instant) -> bool {
        let owner = delivery.signature.and_then(|signature| self.owner(signature));
        owner.is_some_and(|(owner, since)| owner != delivery.id && now < since + RETENTION)
    }

    /// Notes the binding of a signature that belongs to no other delivery.
    fn bind(&mut self, delivery: DeliveryKey, now: Instant) {
        if let Some(signature) = delivery.signature
            && self
                .owner(signature)
                .is_none_or(|(owner, since)| owner != delivery.id || now >= since + RETENTION)
        {
            self.bound.push((signature, delivery.id, now));
        }
    }

    /// Checks an answer against the history.
    fn check(
        &self,
        delivery: DeliveryKey,
        claim: ClaimOutcome,
        now: Instant,
    ) -> Result<(), TestCaseError> {
        let DeliveryKey { id, .. } = delivery;
        let stolen = self.is_stolen(delivery, now);
        match claim {
            ClaimOutcome::Granted(_) => {
                prop_assert!(!self.is_held(id, now), "two workers hold it");
                prop_assert!(!self.was_settled(id, now), "handled twice");
                prop_assert!(!stolen, "the signature of another delivery");
            }
            ClaimOutcome::InProgress => prop_assert!(self.is_held(id, now), "it is not held: lost"),
            ClaimOutcome::Settled => {
                prop_assert!(self.was_settled(id, now), "it was not handled: lost");
                prop_assert!(!stolen, "the signature of another delivery");
            }
            ClaimOutcome::SignatureReused => prop_assert!(stolen, "the signature is its own: lost"),
        }
        Ok(())
    }
}

fn key(delivery: u8, signature: Option<u8>) -> DeliveryKey {
    DeliveryKey {
        id: DeliveryId::from_bytes([delivery; 16]),
        signature: signature.map(|n| SignatureKey::from_bytes([100 + n; 16])),
        lease: LEASE,
        retention: RETENTION,
    }
}

async fn play<S: DeliveryStore>(store: S, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let has_leases = store.for_renewal().is_some();
    let lease_end = |now: Instant| now + if has_leases { LEASE } else { FOREVER };
    let mut history = History::default();
    let mut now = tokio::time::Instant::now().into_std();
    for act in acts {
        match act {
            Act::Wait { seconds } => now += Duration::from_secs(seconds),
            Act::Try { delivery, signature } => {
                let delivery = key(delivery, signature);
                let claim = store.claim(delivery, now).await.expect("there is room");
                history.check(delivery, claim, now)?;
                if let ClaimOutcome::Granted(token) = claim {
                    let until = Some(lease_end(now));
                    history.granted.push(Granted { delivery, token, until });
                }
                if claim != ClaimOutcome::SignatureReused {
                    history.bind(delivery, now);
                }
            }
            Act::Bind { delivery, signature } => {
                let delivery = key(delivery, signature);
                let is_bound = store.bind(delivery, now).await.expect("there is room");
                prop_assert_eq!(is_bound, !history.is_stolen(delivery, now));
                if is_bound {
                    history.bind(delivery, now);
                }
            }
            Act::Renew { .. } if store.for_renewal().is_none() => {}
            Act::Renew { claim } => {
                let Some(granted) = history.granted.get_mut(claim) else { continue };
                let Granted { delivery, token, until } = granted;
                let (delivery, token, was_held) = (*delivery, *token, *until);
                let renewed = store.renew(delivery, token, now).await.expect("it answers");
                let is_own = was_held.is_some_and(|until| now < until);
                let is_free =
                    !history.is_held(delivery.id, now) && !history.was_settled(delivery.id, now);
                prop_assert_eq!(
                    renewed,
                    is_own || is_free,
                    "a lease belongs to its holder, or is free"
                );
                if renewed {
                    history.granted[claim].until = Some(lease_end(now));
                }
            }
            Act::Settle { claim } => {
                let Some(granted) = history.granted.get(claim) else { continue };
                let delivery = granted.delivery;
                store.settle(delivery, now).await.expect("it answers");
                history.settled.push((delivery.id, now));
                let same = |granted: &&mut Granted| granted.delivery.id == delivery.id;
                history.granted.iter_mut().filter(same).for_each(|granted| granted.until = None);
            }
            Act::Release { claim } => {
                let Some(granted) = history.granted.get_mut(claim) else { continue };
                let (delivery, token) = (granted.delivery, granted.token);
                store.release(delivery, token, now).await.expect("it answers");
                granted.until = None;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_interleaving_handles_twice_or_loses(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(MemoryStore::new(), acts))?;
    }

    #[test]
    fn no_interleaving_of_leases_handles_twice_or_loses(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(Leased::default(), acts))?;
    }
}
