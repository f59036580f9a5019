use std::time::Duration;

use crate::Provider;

use super::claims::Terms;

/// What is set of hooks, apart from their handlers and their store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) deadline: Duration,
    pub(super) terms: Terms,
    pub(super) binding: Binding,
    pub(super) store_failure: StoreFailure,
}

impl Settings {
    /// The defaults for a provider.
    pub(super) fn of<P: Provider>(provider: &P) -> Self {
        // A claim that nobody renews is free again while ZEGO still retries.
        let lease = Duration::from_secs(15);
        // Longer than a signature is fresh, both ways.
        let binding = provider
            .tolerance()
            .unwrap_or_default()
            .saturating_mul(2)
            .saturating_add(Duration::from_secs(60));
        Self {
            deadline: P::ANSWER_WITHIN,
            terms: Terms { lease, memory: provider.memory(), binding },
            binding: Binding::default(),
            store_failure: StoreFailure::default(),
        }
    }

    /// How long an operation of the store may take: a part of what the sender waits.
    pub(super) fn patience(&self) -> Duration {
        (self.deadline / 2).min(Duration::from_secs(1))
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

/// What is done with a delivery while the store of claims is out of order, or does not answer within a
/// second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFailure {
    /// It is handled; perhaps twice, and without a look at whose its signature is.
    #[default]
    Handle,
    /// It is answered 503; perhaps too often, so that it is lost.
    Refuse,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tencent::Tencent, trtc::Trtc, zego::Zego};

    fn memory<P: Provider>(provider: &P) -> u64 {
        Settings::of(provider).terms.memory.as_secs()
    }

    /// Nothing else than its memory keeps a replay away that is still fresh.
    #[test]
    fn what_is_handled_is_known_for_as_long_as_it_is_fresh() {
        let long = Duration::from_secs(300);
        assert_eq!(memory(&Tencent::new(1, "token").unwrap()), 120);
        assert_eq!(memory(&Tencent::new(1, "token").unwrap().with_tolerance(long)), 600);
        assert_eq!(memory(&Trtc::new(1, "key").unwrap()), 120);
        assert_eq!(memory(&Trtc::new(1, "key").unwrap().with_tolerance(long).unwrap()), 600);
        // A replay of ZEGO's has a signature that is bound.
        let zego = Zego::new(1, "secret").unwrap();
        assert_eq!((memory(&zego), Settings::of(&zego).terms.binding.as_secs()), (120, 660));
    }

    #[test]
    fn a_store_may_take_half_of_the_time_that_the_sender_gives_and_a_second_at_most() {
        let tencent = Settings::of(&Tencent::new(1, "token").unwrap());
        assert_eq!(tencent.patience(), Duration::from_millis(750));
        let zego = Settings::of(&Zego::new(1, "secret").unwrap());
        assert_eq!(zego.patience(), Duration::from_secs(1));
    }
}
