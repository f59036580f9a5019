use std::time::Duration;

use crate::{FailurePolicy, Provider};

/// Settings of hooks other than handlers and store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) handler_timeout: Duration,
    pub(super) question_timeout: Duration,
    pub(super) question_concurrency: usize,
    pub(super) lease: Duration,
    pub(super) retention: Duration,
    pub(super) signature_binding: SignatureBinding,
    pub(super) store_failure_policy: FailurePolicy,
}

impl Settings {
    /// The defaults for a provider.
    pub(super) fn of<P: Provider>(provider: &P) -> Self {
        // A claim that its holder does not renew is free again while ZEGO still retries.
        let lease = Duration::from_secs(15);
        Self {
            handler_timeout: P::RESPONSE_TIMEOUT,
            question_timeout: P::QUESTION_TIMEOUT,
            question_concurrency: 256,
            lease,
            retention: provider.retention(),
            signature_binding: SignatureBinding::default(),
            store_failure_policy: FailurePolicy::default(),
        }
    }

    /// How long an operation of the store may take: a part of what the sender waits.
    pub(super) fn store_timeout(&self) -> Duration {
        (self.handler_timeout / 2).min(Duration::from_secs(1))
    }
}

/// Which signatures belong to the first content that is seen with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureBinding {
    /// Those of nonces of 16 characters and more beside a time in seconds, 13 beside milliseconds, which no two
    /// honest deliveries share.
    #[default]
    Unique,
    /// All, also of short nonces. Under load two honest deliveries can have the same, and one of them
    /// is then refused.
    Strict,
    /// None.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tencent::Tencent, trtc::Trtc, zego::Zego};

    fn retention<P: Provider>(provider: &P) -> u64 {
        Settings::of(provider).retention.as_secs()
    }

    /// Nothing else keeps a replay away that is still fresh.
    #[test]
    fn retention_is_longer_than_the_same_bytes_are_fresh() {
        let long = Duration::from_secs(300);
        assert_eq!(retention(&Zego::new(1, "secret").unwrap()), 660);
        assert_eq!(retention(&Tencent::new(1, "token").unwrap()), 180);
        let tencent = Tencent::new(1, "token").unwrap().with_tolerance(long).unwrap();
        assert_eq!(retention(&tencent), 660);
        assert_eq!(retention(&Trtc::new(1, "key").unwrap()), 120);
        assert_eq!(retention(&Trtc::new(1, "key").unwrap().with_tolerance(long).unwrap()), 660);
    }

    #[test]
    fn a_store_may_take_half_of_the_time_that_the_sender_gives_and_a_second_at_most() {
        let tencent = Settings::of(&Tencent::new(1, "token").unwrap());
        assert_eq!(tencent.store_timeout(), Duration::from_millis(750));
        let zego = Settings::of(&Zego::new(1, "secret").unwrap());
        assert_eq!(zego.store_timeout(), Duration::from_secs(1));
    }
}
