use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{Callback, Provider, Refusal, Verified};

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
    /// handler decided; `probe` for a console's check of the URL.
    pub outcome: &'static str,
    /// The app; `None` if the delivery was refused before it was verified, is a probe, or lost its body.
    pub app_id: Option<u64>,
    /// The [kind](crate::Callback::kind) of the event or question, where one was verified.
    pub kind: Option<&'static str>,
    /// The room that it is about.
    pub room_id: Option<&'a str>,
    /// The decision on a question, as in the metrics.
    pub decision: Option<&'static str>,
    /// Why the delivery was refused.
    pub refusal: Option<&'a Refusal>,
}

impl Observation<'_> {
    pub(super) fn new(provider: &'static str, outcome: &'static str) -> Self {
        Self {
            provider,
            outcome,
            app_id: None,
            kind: None,
            room_id: None,
            decision: None,
            refusal: None,
        }
    }
}

/// What a delivery is about, kept while its handler has it.
#[derive(Clone)]
pub(super) struct Subject {
    app_id: u64,
    kind: &'static str,
    room_id: Option<Arc<str>>,
}

impl Subject {
    pub(super) fn of<C: Callback>(verified: &Verified<C>) -> Self {
        let room_id = verified.event.room_id().map(Into::into);
        Self { app_id: verified.app_id, kind: verified.event.kind(), room_id }
    }

    pub(super) fn became<P: Provider>(&self, outcome: &'static str) -> Observation<'_> {
        Observation {
            app_id: Some(self.app_id),
            kind: Some(self.kind),
            room_id: self.room_id.as_deref(),
            ..Observation::new(P::NAME, outcome)
        }
    }
}

#[derive(Clone)]
pub(super) struct Observer(Arc<dyn Fn(&Observation<'_>) + Send + Sync>);

impl Observer {
    pub(super) fn new(observe: impl Fn(&Observation<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl<P: Provider> Inner<P> {
    pub(super) fn observe(&self, observation: Observation<'_>) {
        if let Some(Observer(observe)) = &self.observer
            && catch_unwind(AssertUnwindSafe(|| observe(&observation))).is_err()
        {
            tracing::error!("observer panicked");
        }
    }
}
