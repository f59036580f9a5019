//! One attempt at an event: runs the handler, and reports the result to the store.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use thiserror::Error;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::{
    RestoreError, StoredDelivery,
    hooks::{
        handlers::BoxError,
        runtime::{HandlerRuntime, handler_runtime},
        store::any::{chain, now},
    },
    metrics,
    verify::verified,
};

use super::{
    AttemptId, ClaimedEvent, Discard, Ending, InboxStore,
    any_handlers::{Prepared, SharedHandlers},
    worker::Settings,
};

/// The state that all attempts of a worker share.
#[derive(Debug)]
pub(super) struct Attempts {
    pub(super) store: Arc<dyn InboxStore>,
    pub(super) handlers: Vec<SharedHandlers>,
    pub(super) settings: Settings,
    pub(super) runtime: Option<Arc<HandlerRuntime>>,
    pub(super) is_stopping: AtomicBool,
}

/// How long an aborted handler may take to stop.
const ABORTED_WITHIN: Duration = Duration::from_secs(10);

/// Why an attempt failed.
#[derive(Debug, Error)]
enum Failure {
    #[error("{text}")]
    Handler { text: String, is_discard: bool },
    #[error("the handler panicked")]
    Panicked,
    #[error("the handler exceeded its timeout")]
    DeadlineExceeded,
    #[error("no handler takes the event")]
    NoHandler,
    #[error("the stored event cannot be read")]
    Unreadable(#[source] Unreadable),
    /// The attempt was interrupted, and no handler is to blame.
    #[error("the runtime of the handlers has ended")]
    RuntimeEnded,
}

#[derive(Debug, Error)]
enum Unreadable {
    #[error("the payload is not a stored event")]
    Payload(#[from] serde_json::Error),
    #[error(transparent)]
    Document(#[from] RestoreError),
}

impl Failure {
    /// Whether another attempt would fail in the same way.
    fn is_final(&self) -> bool {
        match self {
            Self::Handler { is_discard, .. } => *is_discard,
            Self::Unreadable(_) => true,
            Self::Panicked | Self::DeadlineExceeded | Self::NoHandler | Self::RuntimeEnded => false,
        }
    }
}

impl Attempts {
    /// Runs the handler of an event, and records the result.
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

    /// Runs a handler in its own task, so that a panic ends nothing else. This includes a panic in
    /// the `Display` of its error.
    async fn run(
        &self,
        provider: &'static str,
        running: impl Future<Output = Result<(), BoxError>> + Send + 'static,
    ) -> Result<(), Failure> {
        let begun = now();
        let handler = async {
            running.await.map_err(|error| Failure::Handler {
                text: printable(&*error),
                is_discard: Discard::is_in(&*error),
            })
        };
        let runtime = handler_runtime(self.runtime.as_deref());
        // The handler is aborted with this handle: at the timeout, or when the worker is dropped.
        let mut task = AbortOnDropHandle::new(runtime.spawn(handler));
        let ended = timeout(self.settings.handler_timeout, &mut task).await;
        metrics::handler(provider, now().duration_since(begun));
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(error)) if error.is_cancelled() => Err(Failure::RuntimeEnded),
            Ok(Err(_)) => Err(Failure::Panicked),
            Err(_) => {
                task.abort();
                // Two attempts at one event must not overlap. Only a handler that blocks its thread
                // can cause that.
                if timeout(ABORTED_WITHIN, task).await.is_err() {
                    tracing::error!("late handler does not stop; it may overlap its next attempt");
                }
                Err(Failure::DeadlineExceeded)
            }
        }
    }

    /// The result for the store, and its name in logs and metrics.
    fn ending(
        &self,
        result: Result<(), Failure>,
        failures: u32,
        sequence: i64,
    ) -> (Ending, &'static str) {
        let failure = match result {
            Ok(()) => return (Ending::Done, "handled"),
            Err(Failure::RuntimeEnded) => return (Ending::Released, "released"),
            Err(failure) => failure,
        };
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

    /// Reports the result until the store accepts it, because the handler has run. The lease is
    /// renewed meanwhile. A worker that is stopping gives up after a lease; the event is then
    /// handled again.
    async fn finish(&self, attempt: AttemptId, ending: Ending) -> bool {
        let (begun, mut pause) = (now(), Duration::from_millis(100));
        loop {
            match self.store.finish(attempt, ending.clone()).await {
                Ok(is_latest) => return is_latest,
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "result of an attempt could not be stored; retrying");
                    metrics::store_error("finish");
                }
            }
            let is_stopping = self.is_stopping.load(Ordering::Relaxed);
            if is_stopping && now().duration_since(begun) > self.settings.lease {
                return false;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// The subject of an attempt, for logs and metrics.
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

/// An error with its sources, without control characters, cut to 1,000 characters.
fn printable(error: &(dyn Error + 'static)) -> String {
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    chain(error).chars().map(plain).take(1_000).collect()
}
