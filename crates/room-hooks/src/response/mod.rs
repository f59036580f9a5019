//! Stage 4, the answer: why a delivery is refused, and what the sender is told.

pub(crate) mod disposition;
pub(crate) mod failure_policy;
pub(crate) mod not_delivered;
pub(crate) mod refusal;
