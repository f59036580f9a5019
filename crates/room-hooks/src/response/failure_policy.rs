/// Whether to fail open or closed when a part of your service fails.
///
/// [`Hooks::with_store_failure_policy`](crate::Hooks::with_store_failure_policy) sets it for a
/// delivery store that is full or unavailable, or does not respond within half of the handler
/// timeout, at most 1 s. A store that panics is a bug: the delivery fails with 500.
///
/// [`Hooks::with_question_failure_policy`](crate::Hooks::with_question_failure_policy) sets it for
/// questions that no handler decides, for example because the handler failed or exceeded its
/// timeout.
///
/// ```
/// use room_hooks::{FailurePolicy, Hooks, zego::{BeforeSendMsg, Zego}};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego)
///         // Refuse deliveries while the store is unavailable. ZEGO retries them.
///         .with_store_failure_policy(FailurePolicy::Closed)
///         // Send no message that was not checked.
///         .with_question_failure_policy::<BeforeSendMsg>(FailurePolicy::Closed)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// A delivery is handled without a claim, perhaps twice. Signatures stay bound within this
    /// process if the store is in memory or its claims need renewal.
    ///
    /// A question is allowed. A question from ZIM is left to ZIM.
    #[default]
    Open,
    /// A delivery receives 503. If the sender does not retry, or gives up, the event is lost.
    ///
    /// A question is denied.
    Closed,
}
