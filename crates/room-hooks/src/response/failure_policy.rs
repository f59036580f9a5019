/// What happens when something of ours fails, rather than the sender's: fail open, or fail closed.
///
/// Of the delivery store, set with `Hooks::with_store_failure_policy`: it is full or unavailable, or does not respond
/// within half of the handler's timeout, at most 1 s. A store that panics is a bug: the delivery fails (500).
///
/// Of a question, set with `Hooks::with_question_failure_policy`: its handler failed, panicked or was late, or there is
/// none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// A delivery is handled without a claim: perhaps twice. Signatures stay bound within this process, for a store
    /// that needs renewal or is in memory.
    ///
    /// A question is allowed, or, if ZIM asks, left to ZIM.
    #[default]
    Open,
    /// A delivery is answered 503. A sender that does not retry, or gives up, then loses it.
    ///
    /// A question is denied.
    Closed,
}
