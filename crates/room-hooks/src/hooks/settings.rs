use std::time::Duration;

use crate::Provider;

use super::claims::Terms;

/// What is set of hooks, apart from their handlers and their store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) deadline: Duration,
    pub(super) terms: Terms,
    pub(super) binding: Binding,
    pub(super) without_claims: WithoutClaims,
}

impl Settings {
    /// The defaults for a provider.
    pub(super) fn of<P: Provider>() -> Self {
        // A claim that nobody renews is free again while ZEGO still retries.
        let lease = Duration::from_secs(15);
        // Longer than any signature is fresh by default, 300 s both ways.
        let binding = Duration::from_secs(660);
        Self {
            deadline: P::ANSWER_WITHIN,
            terms: Terms { lease, memory: P::RETRY_SPAN, binding },
            binding: Binding::default(),
            without_claims: WithoutClaims::default(),
        }
    }
}

/// Which signatures belong to the first content that is seen with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binding {
    /// Those of nonces of 16 characters and more, which no two honest deliveries share.
    #[default]
    Unique,
    /// All, also of short nonces. Under load two honest deliveries can have the same, and one of them
    /// is then refused.
    Strict,
    /// None.
    Off,
}

/// What is done with a delivery while the store of claims is out of order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WithoutClaims {
    /// It is handled; perhaps twice.
    #[default]
    Handle,
    /// It is answered 503; perhaps too often, so that it is lost.
    Refuse,
}
