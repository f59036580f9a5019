//! What the feature `metrics` counts and times; without it, nothing.
//!
//! Labels come from closed sets: a sender cannot make new ones.

#![cfg_attr(
    not(feature = "metrics"),
    allow(unused_variables, dead_code, reason = "nothing is counted")
)]

use std::time::Duration;

/// A delivery has ended. `event` is the event's [`kind`](crate::Callback::kind), or `none` for one
/// that was refused.
pub(crate) fn delivery(provider: &'static str, event: &'static str, outcome: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "room_hooks_deliveries_total",
        "provider" => provider, "event" => event, "outcome" => outcome,
    )
    .increment(1);
}

/// A question was answered, or its sender hung up. `outcome` says who decided: its handler, or its failure policy and
/// why.
pub(crate) fn question(
    provider: &'static str,
    question: &'static str,
    decision: &'static str,
    outcome: &'static str,
) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "room_hooks_questions_total",
        "provider" => provider, "question" => question, "decision" => decision, "outcome" => outcome,
    )
    .increment(1);
}

/// A handler has ended, well or not.
pub(crate) fn handler(provider: &'static str, took: Duration) {
    #[cfg(feature = "metrics")]
    metrics::histogram!("room_hooks_handler_seconds", "provider" => provider)
        .record(took.as_secs_f64());
}

/// An operation of the delivery store has failed.
pub(crate) fn store_error(operation: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("room_hooks_store_errors_total", "operation" => operation).increment(1);
}

/// An attempt at an event of the inbox has ended. `event` is its kind, or `none` if it cannot be read.
pub(crate) fn inbox_attempt(provider: &'static str, event: &'static str, outcome: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "room_hooks_inbox_attempts_total",
        "provider" => provider, "event" => event, "outcome" => outcome,
    )
    .increment(1);
}

/// The inbox holds so many ready and dead events, and the oldest ready one has been due for so long.
pub(crate) fn inbox(ready: u64, oldest: Duration, dead: u64) {
    #[cfg(feature = "metrics")]
    {
        metrics::gauge!("room_hooks_inbox_ready").set(ready as f64);
        metrics::gauge!("room_hooks_inbox_oldest_seconds").set(oldest.as_secs_f64());
        metrics::gauge!("room_hooks_inbox_dead").set(dead as f64);
    }
}

/// An event was put in the spill, since the inbox did not take it.
pub(crate) fn spilled() {
    #[cfg(feature = "metrics")]
    metrics::counter!("room_hooks_inbox_spilled_total").increment(1);
}

/// The spill of an inbox holds so many events that wait for the inbox, and so many that it has refused.
pub(crate) fn spill(waiting: u64, dead: u64) {
    #[cfg(feature = "metrics")]
    {
        metrics::gauge!("room_hooks_inbox_spill_waiting").set(waiting as f64);
        metrics::gauge!("room_hooks_inbox_spill_dead").set(dead as f64);
    }
}

/// A store in memory holds so many more deliveries and signatures, or fewer.
pub(crate) fn store_entries(change: f64) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("room_hooks_store_entries").increment(change);
}
