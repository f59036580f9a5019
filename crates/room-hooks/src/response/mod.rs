//! Stage 4, the answer: why a delivery is refused, and the response to its sender.

pub(crate) mod disposition;
pub(crate) mod failure_policy;
pub(crate) mod not_delivered;
pub(crate) mod refusal;
