//! What no interleaving of claims, renewals, settlements, releases, crashes and time may do.
//!
//! The rules are checked against the history, not against a second implementation: whatever a store
//! answers must follow from what has happened.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Claim, ClaimStore, ClaimToken, Claimed, MemoryClaims, Terms};
use crate::{DeliveryId, SignatureKey};

const TERMS: Terms = Terms {
    lease: Duration::from_secs(3),
    memory: Duration::from_secs(10),
    binding: Duration::from_secs(25),
};

/// What a handful of machines do with a handful of deliveries. A crash is a claim of which nothing
/// more is heard.
#[derive(Debug, Clone)]
enum Act {
    Try { delivery: u8, signature: Option<u8> },
    Renew { claim: usize },
    Settle { claim: usize },
    Release { claim: usize },
    Wait { seconds: u64 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (0..3_u8, prop::option::of(0..3_u8))
            .prop_map(|(delivery, signature)| Act::Try { delivery, signature }),
        1 => (0..8_usize).prop_map(|claim| Act::Renew { claim }),
        2 => (0..8_usize).prop_map(|claim| Act::Settle { claim }),
        2 => (0..8_usize).prop_map(|claim| Act::Release { claim }),
        2 => (0..12_u64).prop_map(|seconds| Act::Wait { seconds }),
    ];
    prop::collection::vec(act, 1..60)
}

/// A claim that was granted, and until when it holds.
struct Granted {
    delivery: Claimed,
    token: ClaimToken,
    until: Option<Instant>,
}

#[derive(Default)]
struct History {
    granted: Vec<Granted>,
    /// When, whether with a signature, and after how many claims of anything.
    settled: Vec<(DeliveryId, Instant, bool, usize)>,
    /// Every signature's first delivery, and since when.
    bound: Vec<(SignatureKey, DeliveryId, Instant)>,
}

impl History {
    fn is_held(&self, id: DeliveryId, now: Instant) -> bool {
        self.granted.iter().any(|granted| {
            granted.delivery.id == id && granted.until.is_some_and(|until| now < until)
        })
    }

    fn was_settled(&self, id: DeliveryId, within: Duration, now: Instant) -> bool {
        self.settled.iter().any(|&(settled, at, ..)| settled == id && now < at + within)
    }

    /// Whether it was settled with a signature, within a binding's span, and not claimed again since.
    fn is_done(&self, id: DeliveryId, now: Instant) -> bool {
        let settled = self.settled.iter().rev().find(|(settled, ..)| *settled == id);
        settled.is_some_and(|&(_, at, signed, claims)| {
            let again = self.granted[claims..].iter().any(|granted| granted.delivery.id == id);
            signed && now < at + TERMS.binding && !again
        })
    }

    fn owner(&self, signature: SignatureKey) -> Option<(DeliveryId, Instant)> {
        let (_, id, since) = self.bound.iter().rev().find(|(bound, ..)| *bound == signature)?;
        Some((*id, *since))
    }

    /// Holds an answer to what has happened.
    fn check(&self, delivery: Claimed, claim: Claim, now: Instant) -> Result<(), TestCaseError> {
        let Claimed { id, signature } = delivery;
        let owner = signature.and_then(|signature| self.owner(signature));
        let is_bound =
            owner.is_some_and(|(owner, since)| owner == id && now < since + TERMS.binding);
        match claim {
            Claim::Granted(_) => {
                prop_assert!(!self.is_held(id, now), "two hold it at once");
                prop_assert!(!self.was_settled(id, TERMS.memory, now), "handled twice");
                let stolen =
                    owner.is_some_and(|(owner, since)| owner != id && now < since + TERMS.binding);
                prop_assert!(!stolen, "another's signature");
                prop_assert!(!(is_bound && self.is_done(id, now)), "a replay is handled");
            }
            Claim::InProgress => prop_assert!(self.is_held(id, now), "nobody holds it: lost"),
            Claim::Settled => {
                let remembered = self.was_settled(id, TERMS.memory, now);
                let replayed = is_bound && self.was_settled(id, TERMS.settlement(delivery), now);
                prop_assert!(remembered || replayed, "nobody has handled it: lost");
            }
            Claim::SignatureReused => {
                let another = owner
                    .is_some_and(|(owner, since)| owner != id && now < since + TERMS.binding * 2);
                prop_assert!(another, "it is nobody else's signature: lost");
            }
        }
        Ok(())
    }
}

async fn play(acts: Vec<Act>) -> Result<(), TestCaseError> {
    let store = MemoryClaims::new();
    let mut history = History::default();
    let mut now = tokio::time::Instant::now().into_std();
    for act in acts {
        match act {
            Act::Wait { seconds } => now += Duration::from_secs(seconds),
            Act::Try { delivery, signature } => {
                let signature = signature.map(|n| SignatureKey::from_bytes([100 + n; 16]));
                let delivery = Claimed { id: DeliveryId::from_bytes([delivery; 16]), signature };
                let claim = store.claim(delivery, TERMS, now).await.expect("there is room");
                history.check(delivery, claim, now)?;
                if let Claim::Granted(token) = claim {
                    let until = Some(now + TERMS.lease);
                    history.granted.push(Granted { delivery, token, until });
                }
                if let Some(signature) = signature
                    && claim != Claim::SignatureReused
                    && history.owner(signature).is_none_or(|(owner, since)| {
                        owner != delivery.id || now >= since + TERMS.binding
                    })
                {
                    history.bound.push((signature, delivery.id, now));
                }
            }
            Act::Renew { claim } => {
                let Some(granted) = history.granted.get_mut(claim) else { continue };
                let Granted { delivery, token, until } = granted;
                store.renew(*delivery, *token, TERMS, now).await.expect("it answers");
                // Too late is too late.
                *until = until.filter(|until| now < *until).map(|_| now + TERMS.lease);
            }
            Act::Settle { claim } => {
                let Some(granted) = history.granted.get(claim) else { continue };
                let delivery = granted.delivery;
                store.settle(delivery, TERMS, now).await.expect("it answers");
                let claims = history.granted.len();
                history.settled.push((delivery.id, now, delivery.signature.is_some(), claims));
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
        runtime.block_on(play(acts))?;
    }
}
