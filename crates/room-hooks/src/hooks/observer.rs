use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{Callback, Provider, Refusal, Verified, metrics};

use super::Inner;

/// What became of a delivery, for the function of [`Hooks::with_observer`](super::Hooks::with_observer).
///
/// A handler of events that exceeds its timeout is observed twice: as `deadline_exceeded`, and as what it ends as.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Observation<'a> {
    /// The provider's name, such as `zego`.
    pub provider: &'static str,
    /// The outcome, as in the metrics: `handled`, `duplicate`, `refused` and so on; of a question, `answered` or why no
    /// handler decided, or `abandoned` if its sender hung up; `probe` for a console's check of the URL.
    pub outcome: &'static str,
    /// The app; `None` if the delivery was refused before it was verified, is a probe, or lost its body.
    pub app_id: Option<u64>,
    /// The [kind](crate::Callback::kind) of the event or question, where one was verified.
    pub kind: Option<&'static str>,
    /// The room that it is about.
    pub room_id: Option<&'a str>,
    /// The decision on a question, as in the metrics; `None` if it was abandoned.
    pub decision: Option<&'static str>,
    /// Why the delivery was refused.
    pub refusal: Option<&'a Refusal>,
}

/// The function that is called with each outcome.
pub(super) type Observer = dyn Fn(&Observation<'_>) + Send + Sync;

/// What a delivery is about, kept while its handler has it. Nothing is known of one that was not verified.
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
    /// The room is kept only for an observer.
    pub(super) fn subject<C: Callback>(&self, verified: &Verified<C>) -> Subject {
        let room_id = self.observer.as_ref().and_then(|_| verified.event.room_id());
        Subject {
            app_id: Some(verified.app_id),
            kind: Some(verified.event.kind()),
            room_id: room_id.map(Into::into),
        }
    }

    /// Counts what became of an event, or of a question that is refused, and calls the observer.
    pub(super) fn report(
        &self,
        subject: &Subject,
        outcome: &'static str,
        refusal: Option<&Refusal>,
    ) {
        metrics::delivery(P::NAME, subject.kind.unwrap_or("none"), outcome);
        self.observe(subject, outcome, None, refusal);
    }

    /// Counts what was decided on a question, if anything was, and calls the observer.
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

    /// Calls the observer alone, for an outcome that is counted elsewhere or not at all.
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
