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
        // The claim of a crashed process expires while ZEGO still retries.
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

    /// The delivery's key in the store.
    pub(super) fn key(&self, id: DeliveryId, signature: Option<SignatureKey>) -> DeliveryKey {
        DeliveryKey { id, signature, lease: self.lease, retention: self.retention }
    }

    /// How long a store operation may take: a part of the time that the sender waits.
    pub(super) fn store_timeout(&self) -> Duration {
        (self.handler_timeout / 2).min(Duration::from_secs(1))
    }
}

impl<P: Provider> Hooks<P> {
    /// Sets how long an event handler may take before the sender receives 503; the handler then
    /// continues in the background. The defaults are 10 s for ZEGO, 1.5 s for Tencent (which waits
    /// 2 s) and 4 s for TRTC (which waits 5 s).
    pub fn with_handler_timeout(mut self, timeout: Duration) -> Self {
        self.parts().settings.handler_timeout = timeout;
        self
    }

    /// Sets how long a claim in a shared store outlives a crash of its process; 15 s by default,
    /// between 100 ms and a day.
    ///
    /// A running process renews its claims, even those of a handler that never returns or blocks
    /// its thread, so give each handler a time limit.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.parts().settings.lease =
            lease.clamp(Duration::from_millis(100), Duration::from_secs(24 * 60 * 60));
        self
    }

    /// Sets how long a handled delivery is remembered, and a signature stays bound to its content.
    /// The default is twice the tolerance plus a minute, and at least 120 s.
    ///
    /// # Errors
    ///
    /// The retention is less than twice the tolerance, so that the same bytes would be handled
    /// again while they are fresh; less than 120 s, in which platforms retry; or more than 100
    /// years.
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

    /// Sets which signatures are bound to the content that they first came with. A binding lasts
    /// for the retention, which is at least as long as the signature can be fresh.
    /// [`SignatureBinding::Unique`] by default.
    pub fn with_signature_binding(mut self, binding: SignatureBinding) -> Self {
        self.parts().settings.signature_binding = binding;
        self
    }

    /// Sets how to treat deliveries while the delivery store is full or unavailable:
    /// [`FailurePolicy::Open`], the default, handles them without it, and [`FailurePolicy::Closed`]
    /// answers 503.
    ///
    /// The policy also applies to events without a handler and to questions, if their signature
    /// must be [bound](Self::with_signature_binding), which applies only to ZEGO. With `Closed`, a
    /// question whose signature cannot be bound does not reach its handler: its [own
    /// policy](Self::with_question_failure_policy) decides, and the response is 200. With `Open`,
    /// signatures that this process has seen stay bound.
    pub fn with_store_failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.parts().settings.store_failure_policy = policy;
        self
    }

    /// Sets the response to questions that no handler decides: of one kind, or of all kinds if `Q`
    /// is the provider's `Question`. [`FailurePolicy::Open`] by default.
    ///
    /// The policy applies if the handler failed, panicked, exceeded its timeout or is missing; if
    /// too many questions are being answered; if the question cannot be read (Tencent's verified
    /// query shows that it is a question, even if the body is unreadable); and if its signature
    /// cannot be bound (see [`with_store_failure_policy`](Self::with_store_failure_policy)).
    ///
    /// | policy | Tencent | ZIM |
    /// |---|---|---|
    /// | `Open` | code 0: allowed | result 0: ZIM decides |
    /// | `Closed` | code 1: denied | result 3: not sent |
    ///
    /// **For messages, set [`FailurePolicy::Closed`]**. With `Open`, anyone who can slow your
    /// handler down, with many messages or long ones, gets every message past it. (Without any
    /// response, Tencent delivers a message. ZIM does not, according to its Chinese documentation.)
    ///
    /// For gifts, keep `Open`. Tencent blocks a gift without a response, and a failure of your
    /// handler should not block your users' gifts.
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

    /// Sets how long answering a question may take before its failure policy decides. The default
    /// is also the maximum: 1.5 s for Tencent, which waits 2 s, and 2 s for ZIM, which waits 2.5 s.
    pub fn with_question_timeout(mut self, timeout: Duration) -> Self {
        self.parts().settings.question_timeout = timeout.min(P::QUESTION_TIMEOUT);
        self
    }

    /// Sets how many questions each handler answers at once; 256 by default. Further questions wait
    /// for up to half of the [timeout](Self::with_question_timeout).
    pub fn with_question_concurrency(mut self, concurrency: usize) -> Self {
        let parts = self.parts();
        parts.settings.question_concurrency = concurrency;
        parts.question_handlers.iter_mut().for_each(|handler| handler.limit(concurrency));
        self
    }
}

/// The set of ZEGO signatures that are bound to the first content seen with them.
///
/// ZEGO's signature does not cover the body. Once it is bound, other content with the same
/// signature is refused with 401.
///
/// ```
/// use room_hooks::{Hooks, hooks::SignatureBinding, zego::Zego};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego).with_signature_binding(SignatureBinding::Strict)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureBinding {
    /// Signatures that no two honest deliveries share: with a nonce of at least 16 characters and a
    /// time in seconds, or a nonce of at least 13 characters and a time in milliseconds.
    #[default]
    Unique,
    /// All signatures, including those with short nonces. Under load, two honest deliveries can
    /// share one, and the second is then refused.
    Strict,
    /// No signatures.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tencent::Tencent, trtc::Trtc, zego::Zego};

    fn retention<P: Provider>(provider: &P) -> u64 {
        Settings::of(provider).retention.as_secs()
    }

    /// Nothing else stops a replay that is still fresh.
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
    fn a_store_may_take_half_of_the_handler_timeout_and_at_most_a_second() {
        let tencent = Settings::of(&Tencent::new(1, "token").unwrap());
        assert_eq!(tencent.store_timeout(), Duration::from_millis(750));
        let zego = Settings::of(&Zego::new(1, "secret").unwrap());
        assert_eq!(zego.store_timeout(), Duration::from_secs(1));
    }
}
