//! One attempt at an event: its handler runs, and the store learns how it ended.

use std::{error::Error, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::{
    RestoreError, StoredDelivery,
    hooks::{
        handlers::BoxError,
        store::any::{chain, now},
    },
    metrics,
    verify::verified,
};

use super::{
    ClaimedEvent, Discard, Ending, InboxStore,
    any_handlers::{Prepared, SharedHandlers},
    worker::Settings,
};

/// What every attempt of a worker shares.
#[derive(Debug)]
pub(super) struct Attempts {
    pub(super) store: Arc<dyn InboxStore>,
    pub(super) handlers: Vec<SharedHandlers>,
    pub(super) settings: Settings,
    pub(super) runtime: Handle,
}

/// Why an attempt failed.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Handler(BoxError),
    #[error("the handler panicked")]
    Panicked,
    #[error("the handler exceeded its timeout")]
    DeadlineExceeded,
    #[error("no handler takes the event")]
    NoHandler,
    #[error("the stored event cannot be read")]
    Unreadable(#[source] Unreadable),
}

#[derive(Debug, Error)]
enum Unreadable {
    #[error("the payload is not that of a stored event")]
    Payload(#[from] serde_json::Error),
    #[error(transparent)]
    Document(#[from] RestoreError),
}

impl Failure {
    /// Whether another attempt would end alike.
    fn is_final(&self) -> bool {
        match self {
            Self::Handler(error) => Discard::is_in(&**error),
            Self::Unreadable(_) => true,
            Self::Panicked | Self::DeadlineExceeded | Self::NoHandler => false,
        }
    }
}

impl Attempts {
    /// Runs the handler of an event, and notes how it ended.
    pub(super) async fn attempt(&self, claimed: ClaimedEvent) {
        let ClaimedEvent { attempt, failures, event, .. } = claimed;
        let number =
            verified::Attempt { number: attempt.number, first_received_at: event.received_at };
        let (result, subject) = match self.prepare(&event.kind, &event.payload, number) {
            Ok(Prepared { provider, kind, span, running }) => {
                let result = match running {
                    Some(running) => self.run(provider, running.instrument(span.clone())).await,
                    None => Err(Failure::NoHandler),
                };
                (result, Subject { provider, kind, span })
            }
            Err(failure) => (Err(failure), Subject::unreadable()),
        };
        let sequence = attempt.sequence;
        let (ending, outcome) = subject.span.in_scope(|| self.ending(result, failures, sequence));
        let is_latest = self.finish(attempt, ending).await;
        let outcome = if is_latest { outcome } else { "lost" };
        if !is_latest {
            subject.span.in_scope(|| {
                tracing::warn!(
                    sequence,
                    "attempt not counted: another worker has taken the event over"
                );
            });
        }
        subject.span.record("outcome", outcome);
        metrics::inbox_attempt(subject.provider, subject.kind, outcome);
    }

    fn prepare(
        &self,
        kind: &str,
        payload: &[u8],
        attempt: verified::Attempt,
    ) -> Result<Prepared, Failure> {
        let provider = kind.split_once('/').map_or(kind, |(provider, _)| provider);
        let mut all = self.handlers.iter();
        let handlers = all.find(|handlers| handlers.provider() == provider);
        let handlers = handlers.ok_or(Failure::NoHandler)?;
        let unreadable = |error: Unreadable| Failure::Unreadable(error);
        let stored: StoredDelivery =
            serde_json::from_slice(payload).map_err(|error| unreadable(error.into()))?;
        handlers.prepare(stored, attempt).map_err(|error| unreadable(error.into()))
    }

    /// Runs a handler in a task of its own, so that a panic ends nothing else.
    async fn run(
        &self,
        provider: &'static str,
        running: impl Future<Output = Result<(), BoxError>> + Send + 'static,
    ) -> Result<(), Failure> {
        let begun = now();
        // The handler is aborted with this handle: at the timeout, or when the worker is dropped.
        let task = AbortOnDropHandle::new(self.runtime.spawn(running));
        let ended = timeout(self.settings.handler_timeout, task).await;
        metrics::handler(provider, now().duration_since(begun));
        match ended {
            Ok(Ok(result)) => result.map_err(Failure::Handler),
            Ok(Err(_)) => Err(Failure::Panicked),
            Err(_) => Err(Failure::DeadlineExceeded),
        }
    }

    /// What the store is told, and how that is called in logs and metrics.
    fn ending(
        &self,
        result: Result<(), Failure>,
        failures: u32,
        sequence: i64,
    ) -> (Ending, &'static str) {
        let Err(failure) = result else { return (Ending::Done, "handled") };
        let failures = failures.saturating_add(1);
        let error = printable(&failure);
        if failure.is_final() || failures >= self.settings.max_attempts() {
            tracing::error!(sequence, failures, error, "event is dead");
            return (Ending::Dead { error }, "dead");
        }
        let after = self.settings.backoff.after(failures);
        tracing::warn!(sequence, failures, error, ?after, "attempt failed");
        (Ending::Retry { after, error }, "failed")
    }

    /// Tells the store, until it listens: the handler has run. The lease is renewed meanwhile.
    async fn finish(&self, attempt: super::AttemptId, ending: Ending) -> bool {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.store.finish(attempt, ending.clone()).await {
                Ok(is_latest) => return is_latest,
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "end of an attempt could not be stored; trying again");
                    metrics::store_error("finish");
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// What an attempt is about, for log and metrics.
struct Subject {
    provider: &'static str,
    kind: &'static str,
    span: Span,
}

impl Subject {
    fn unreadable() -> Self {
        Self { provider: "none", kind: "none", span: Span::none() }
    }
}

/// An error with its sources, without control characters, at most 1,000 characters.
fn printable(error: &(dyn Error + 'static)) -> String {
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    chain(error).chars().map(plain).take(1_000).collect()
}
