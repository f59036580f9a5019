use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{Callback, Provider, Refusal, Verified, metrics};

use super::Inner;

/// The outcome of a delivery, passed to the function of
/// [`Hooks::with_observer`](super::Hooks::with_observer).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use room_hooks::{Hooks, zego::Zego};
///
/// static FAILED: AtomicU64 = AtomicU64::new(0);
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     Hooks::new(zego).with_observer(|observation| {
///         if observation.outcome == "failed" {
///             FAILED.fetch_add(1, Ordering::Relaxed);
///         }
///     })
/// }
/// ```
///
/// Observers, metrics and logs use the same names. The names, labels and messages below are stable:
/// changing one is a breaking change.
///
/// # Outcomes
///
/// | delivery | outcome |
/// |---|---|
/// | event | `handled`, `stored`, `duplicate`, `in_progress`, `failed`, `deadline_exceeded`, `store_unavailable`, `no_handler`, `signature_reused` |
/// | question, decided by its handler | `answered` |
/// | question, decided by its failure policy | `failed`, `panicked`, `deadline_exceeded`, `overloaded`, `no_handler`, `unreadable`, `body_consumed`, `store_unavailable` |
/// | question, not decided | `abandoned`: the sender hung up; or `signature_reused` |
/// | refused before it was verified | `refused` |
/// | a console's check of the URL | `probe` |
///
/// An event handler that exceeds its timeout has two outcomes: `deadline_exceeded`, and later its
/// result.
///
/// # Metrics
///
/// With the feature `metrics`, the [`metrics`](https://docs.rs/metrics) facade receives
///
/// | name | labels | value |
/// |---|---|---|
/// | `room_hooks_deliveries_total` | `provider`, `event`, `outcome` | events, and all refused deliveries |
/// | `room_hooks_questions_total` | `provider`, `question`, `decision`, `outcome` | questions, answered or abandoned |
/// | `room_hooks_handler_seconds` | `provider` | duration of handlers |
/// | `room_hooks_store_errors_total` | `operation` | failed operations of the delivery store or the inbox |
/// | `room_hooks_store_entries` | | deliveries and signatures in the `MemoryStore`s of the process |
///
/// * `event` is the event's [kind](crate::Callback::kind): `raw` for an event without a type, and
///   `none` for a delivery that was refused before it was verified.
/// * `question` is the question's kind. It is `raw` for a question without a type, and for a
///   missing or unreadable body if no handler takes questions of its kind.
/// * `decision` is `allow`, `allow_except`, `deny`, `drop` or `replace` (Tencent); `neutral`,
///   `send`, `send_silently` or `do_not_send` (ZIM); `failed_open` or `failed_closed` if the
///   failure policy decided; `none` if the question was abandoned.
/// * Probes are not counted. Extractors and middleware count refusals only.
///
/// # Logs
///
/// Each delivery has a `tracing` span `delivery` with the fields `provider`, `app_id`, `event`,
/// `room_id`, `secret` (its name, such as `current`), `request_id` (Tencent), `outcome` and, for a
/// question, `decision`. The messages are
///
/// | message | level | fields |
/// |---|---|---|
/// | `delivery verified` | debug | `provider`, `app_id`, `event`, `room_id`, `secret`, `request_id` |
/// | `delivery refused` | warn; error if this server is at fault; debug for other methods than `POST` | `provider`, `reason` |
/// | `duplicate delivery` | info | `outcome` |
/// | `known event failed to parse; delivered as unknown` | warn | `event`, `error` |
/// | `handler failed`, `handler panicked` | error | `error`, with all its sources |
/// | `handler exceeded its timeout and continues in the background` | warn | |
/// | `delivery store operation failed` | warn | `operation`, `error`, with all its sources |
/// | `lease lost to another worker` | warn | |
/// | `handled delivery could not be settled; a retry will be handled again` | error | |
/// | `delivery task failed`, `runtime could not be started` | error | `error` |
/// | `observer panicked` | error | |
/// | `no handler for this kind of callback; logged once per kind` | warn | `provider`, `event`, `rust_type` (the type to ask for, such as `zego::express::RoomCreated`) |
/// | `question not decided` | error | `provider`, `question`, `decision`, `outcome`, `error`, with all its sources |
/// | `sender hung up before its question was answered` | warn | |
/// | `question lost its body`, `question cannot be read` | error | `provider`, `question`, `reason` |
///
/// Hooks with an inbox, and workers, log further messages, which `docs/operating.md` in the
/// repository lists.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Observation<'a> {
    /// The provider's name, such as `zego`.
    pub provider: &'static str,
    /// One of the [outcomes](Self#outcomes), such as `handled`.
    pub outcome: &'static str,
    /// The app. `None` if the delivery was refused before it was verified, is a probe, or lost its
    /// body.
    pub app_id: Option<u64>,
    /// The [kind](crate::Callback::kind) of the event or question, if one was verified.
    pub kind: Option<&'static str>,
    /// The room that the event or question is about.
    pub room_id: Option<&'a str>,
    /// The decision on a question, as in the [metrics](Self#metrics). `None` if it was abandoned.
    pub decision: Option<&'static str>,
    /// Why the delivery was refused.
    pub refusal: Option<&'a Refusal>,
}

/// The function that is called with each outcome.
pub(super) type Observer = dyn Fn(&Observation<'_>) + Send + Sync;

/// The subject of a delivery, kept while its handler owns the event. Empty for a delivery that was
/// not verified.
#[derive(Clone, Default)]
pub(super) struct Subject {
    app_id: Option<u64>,
    kind: Option<&'static str>,
    room_id: Option<Arc<str>>,
}

impl Subject {
    pub(super) fn of_kind(kind: &'static str) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }
}

impl<P: Provider> Inner<P> {
    /// Returns the subject of a delivery. The room's id is copied only for an observer.
    pub(super) fn subject<C: Callback>(&self, verified: &Verified<C>) -> Subject {
        let room_id = self.observer.as_ref().and_then(|_| verified.event.room_id());
        Subject {
            app_id: Some(verified.app_id),
            kind: Some(verified.event.kind()),
            room_id: room_id.map(Into::into),
        }
    }

    /// Counts the outcome of an event, or of a refused question, and calls the observer.
    pub(super) fn report(
        &self,
        subject: &Subject,
        outcome: &'static str,
        refusal: Option<&Refusal>,
    ) {
        metrics::delivery(P::NAME, subject.kind.unwrap_or("none"), outcome);
        self.observe(subject, outcome, None, refusal);
    }

    /// Counts the outcome of a question and its decision, if any, and calls the observer.
    pub(super) fn report_decision(
        &self,
        subject: &Subject,
        outcome: &'static str,
        decision: Option<&'static str>,
    ) {
        let (question, decided) = (subject.kind.unwrap_or("none"), decision.unwrap_or("none"));
        metrics::question(P::NAME, question, decided, outcome);
        self.observe(subject, outcome, decision, None);
    }

    /// Calls only the observer, for an outcome that is counted elsewhere or not at all.
    pub(super) fn observe(
        &self,
        subject: &Subject,
        outcome: &'static str,
        decision: Option<&'static str>,
        refusal: Option<&Refusal>,
    ) {
        let Some(observer) = &self.observer else { return };
        let observation = Observation {
            provider: P::NAME,
            outcome,
            app_id: subject.app_id,
            kind: subject.kind,
            room_id: subject.room_id.as_deref(),
            decision,
            refusal,
        };
        if catch_unwind(AssertUnwindSafe(|| observer(&observation))).is_err() {
            tracing::error!("observer panicked");
        }
    }
}
