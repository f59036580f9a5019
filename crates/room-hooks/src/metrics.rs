//! Reports to the `metrics` facade, if the feature `metrics` is enabled.
//!
//! Labels come from closed sets, so a sender cannot create new ones.

#![cfg_attr(
    not(feature = "metrics"),
    allow(unused_variables, dead_code, reason = "nothing is counted")
)]

use std::time::Duration;

/// Counts a delivery that has ended. `event` is the event's [`kind`](crate::Callback::kind), or
/// `none` for a delivery that was refused before it was verified.
pub(crate) fn delivery(provider: &'static str, event: &'static str, outcome: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "room_hooks_deliveries_total",
        "provider" => provider, "event" => event, "outcome" => outcome,
    )
    .increment(1);
}

/// Counts a question that was answered, or whose sender hung up. `outcome` says whether its handler
/// decided or, if its failure policy did, why.
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

/// Records the duration of a handler, whether it succeeded or failed.
pub(crate) fn handler(provider: &'static str, took: Duration) {
    #[cfg(feature = "metrics")]
    metrics::histogram!("room_hooks_handler_seconds", "provider" => provider)
        .record(took.as_secs_f64());
}

/// Counts a failed operation of the delivery store or the inbox.
pub(crate) fn store_error(operation: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("room_hooks_store_errors_total", "operation" => operation).increment(1);
}

/// Counts an attempt at an event of the inbox that has ended. `event` is the event's kind, or
/// `none` if it cannot be read.
#[cfg(feature = "inbox")]
pub(crate) fn inbox_attempt(provider: &'static str, event: &'static str, outcome: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "room_hooks_inbox_attempts_total",
        "provider" => provider, "event" => event, "outcome" => outcome,
    )
    .increment(1);
}

/// Sets the number of ready and dead events in the inbox, and how long the oldest ready event has
/// been due.
#[cfg(feature = "inbox")]
pub(crate) fn inbox(ready: u64, oldest: Duration, dead: u64) {
    #[cfg(feature = "metrics")]
    {
        metrics::gauge!("room_hooks_inbox_ready").set(ready as f64);
        metrics::gauge!("room_hooks_inbox_oldest_seconds").set(oldest.as_secs_f64());
        metrics::gauge!("room_hooks_inbox_dead").set(dead as f64);
    }
}

/// Counts an event that was put in the spill because the inbox did not take it.
#[cfg(feature = "inbox")]
pub(crate) fn spilled() {
    #[cfg(feature = "metrics")]
    metrics::counter!("room_hooks_inbox_spilled_total").increment(1);
}

/// Sets the number of events in a spill that wait for the inbox, and of those that the inbox has
/// refused.
#[cfg(feature = "inbox")]
pub(crate) fn spill(waiting: u64, dead: u64) {
    #[cfg(feature = "metrics")]
    {
        metrics::gauge!("room_hooks_inbox_spill_waiting").set(waiting as f64);
        metrics::gauge!("room_hooks_inbox_spill_dead").set(dead as f64);
    }
}

/// Changes the number of deliveries and signatures in the memory stores of the process.
pub(crate) fn store_entries(change: f64) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("room_hooks_store_entries").increment(change);
}
