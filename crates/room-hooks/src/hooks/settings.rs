use std::time::Duration;

use crate::{
    ConfigError, DeliveryId, FailurePolicy, Hooks, Provider, Question, SignatureKey,
    verify::provider::MAX_RETRY_SPAN,
};

use super::DeliveryKey;

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

    /// A delivery as the store knows it.
    pub(super) fn key(&self, id: DeliveryId, signature: Option<SignatureKey>) -> DeliveryKey {
        DeliveryKey { id, signature, lease: self.lease, retention: self.retention }
    }

    /// How long an operation of the store may take: a part of what the sender waits.
    pub(super) fn store_timeout(&self) -> Duration {
        (self.handler_timeout / 2).min(Duration::from_secs(1))
    }
}

impl<P: Provider> Hooks<P> {
    /// Sets how long a handler of events may take before the sender is answered 503 and the handler continues; by
    /// default 10 s for ZEGO, 1.5 s for Tencent, which waits 2 s, and 4 s for TRTC, which waits 5.
    pub fn with_handler_timeout(mut self, timeout: Duration) -> Self {
        self.parts().settings.handler_timeout = timeout;
        self
    }

    /// Sets how long a delivery stays claimed in a store that processes share when the process that handles
    /// it has crashed; by default 15 s, between 100 ms and a day. A living process renews its claims, also those of
    /// a handler that never returns or blocks its thread, so give each handler a time limit.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.parts().settings.lease =
            lease.clamp(Duration::from_millis(100), Duration::from_secs(24 * 60 * 60));
        self
    }

    /// Sets for how long a handled delivery is remembered, and a signature is bound to its content. By
    /// default a minute more than twice the tolerance, at least 120 s.
    ///
    /// # Errors
    ///
    /// It is under twice the tolerance, so that the same bytes would be handled again while they are fresh,
    /// or under 120 s, in which platforms retry. Or it is over 100 years.
    pub fn with_retention(mut self, retention: Duration) -> Result<Self, ConfigError> {
        const MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        let fresh = self.0.receiver.provider().tolerance().unwrap_or_default().saturating_mul(2);
        let min = fresh.max(MAX_RETRY_SPAN);
        if retention < min {
            return Err(ConfigError::RetentionTooShort { min });
        }
        if retention > MAX {
            return Err(ConfigError::RetentionTooLong { max: MAX });
        }
        self.parts().settings.retention = retention;
        Ok(self)
    }

    /// Sets which signatures are bound to the content that they first came with. A binding lasts for the
    /// retention, which is longer than the signature can be fresh.
    pub fn with_signature_binding(mut self, binding: SignatureBinding) -> Self {
        self.parts().settings.signature_binding = binding;
        self
    }

    /// Sets what happens to deliveries while the delivery store is full or unavailable: [`FailurePolicy::Open`], the
    /// default, handles them without it, and [`FailurePolicy::Closed`] answers 503.
    ///
    /// It holds for events without a handler and for questions, too, if their signature is to be
    /// [bound](Self::with_signature_binding), which only ZEGO's is. With `Closed`, a question whose signature cannot be
    /// bound does not reach its handler: its [own policy](Self::with_question_failure_policy) decides, and the response is
    /// 200. With `Open`, signatures that this process has seen stay bound.
    pub fn with_store_failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.parts().settings.store_failure_policy = policy;
        self
    }

    /// Sets the answer to questions of one kind, or of all with the provider's whole `Question`, that no handler
    /// decides: it failed, panicked, was late or is missing, too many are being answered, the question cannot be
    /// read, or its signature cannot be bound (see [`with_store_failure_policy`](Self::with_store_failure_policy)). [`FailurePolicy::Open`] by default.
    ///
    /// For gifts, `Open` keeps a failure of your handler from blocking them all. **For messages, set
    /// [`FailurePolicy::Closed`]**: with `Open`, anyone who can slow your handler down gets every message past it.
    ///
    /// ```
    /// # use room_hooks::{FailurePolicy, Hooks, tencent::{Tencent, group::BeforeSendMsg}};
    /// # fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    /// Hooks::new(tencent).with_question_failure_policy::<BeforeSendMsg>(FailurePolicy::Closed)
    /// # }
    /// ```
    pub fn with_question_failure_policy<Q>(mut self, policy: FailurePolicy) -> Self
    where
        Q: Question<Provider = P>,
    {
        self.parts().question_failure_policies.push((Q::KIND, policy));
        self
    }

    /// Sets how long the answer to a question may take; by default, and at most, 1.5 s for Tencent, which waits 2 s,
    /// and 2 s for ZIM, which waits 2.5.
    pub fn with_question_timeout(mut self, timeout: Duration) -> Self {
        self.parts().settings.question_timeout = timeout.min(P::QUESTION_TIMEOUT);
        self
    }

    /// Sets how many questions each handler answers at once; by default 256. Further ones wait for up to half of the
    /// timeout.
    pub fn with_question_concurrency(mut self, concurrency: usize) -> Self {
        let parts = self.parts();
        parts.settings.question_concurrency = concurrency;
        parts.question_handlers.iter_mut().for_each(|handler| handler.limit(concurrency));
        self
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
