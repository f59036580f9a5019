//! Answers a verified question in time. Hooks neither claim nor store a question, and equal ones
//! are answered independently.

use std::{error::Error, pin::Pin, sync::Arc, time::Instant};

use thiserror::Error;
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use crate::{
    Callback, Decision, DeliveryId, FailurePolicy, NotDelivered, Provider, Question, Refusal,
    Verified, adapter::CallbackResponse, event::excerpt, metrics,
};

use super::{
    Inner,
    handlers::BoxError,
    observer::Subject,
    run::span_of,
    store::{
        StoreError,
        any::{chain, now},
    },
};

impl<P: Provider> Inner<P> {
    /// Answers a question, with the decision of its handler or by its failure policy.
    pub(super) async fn answer(
        self: Arc<Self>,
        verified: Box<Verified<P::Question>>,
    ) -> CallbackResponse {
        let (span, subject) = (span_of(&verified), self.subject(&verified));
        let name = verified.event.name().to_owned();
        let deciding = Arc::clone(&self).decide(verified).instrument(span.clone());
        let task = self.in_flight.spawn_on(deciding, &self.handler_runtime());
        // The handler is aborted with this future: at the timeout, and when the sender hangs up.
        let task = AbortOnDropHandle::new(task);
        let mut asked = Asked { hooks: &self, span: &span, subject: &subject, is_answered: false };
        let decided = timeout(self.settings.question_timeout, task).await;
        asked.is_answered = true;
        let decided = match decided {
            Ok(Ok(decided)) => decided,
            Ok(Err(error)) if error.is_panic() => Err(Undecided::Panicked),
            Ok(Err(error)) => Err(Undecided::Failed(error.into())),
            Err(_) => Err(Undecided::DeadlineExceeded),
        };
        let _entered = span.enter();
        match decided {
            Ok(Decided { response, decision }) => {
                span.record("outcome", "answered").record("decision", decision);
                self.report_decision(&subject, "answered", Some(decision));
                response
            }
            Err(Undecided::SignatureReused) => {
                span.record("outcome", "signature_reused");
                let refusal = Refusal::SignatureReused;
                NotDelivered::log::<P>(&refusal);
                self.report(&subject, "signature_reused", Some(&refusal));
                NotDelivered::Refused(refusal).response::<P>()
            }
            Err(undecided) => {
                let Decided { response, decision } =
                    self.apply_failure_policy(&name, &subject, &undecided);
                let (outcome, provider, question) = (undecided.as_str(), P::NAME, excerpt(&name));
                span.record("outcome", outcome).record("decision", decision);
                // `Unhandled::warn` has already logged it, once per kind.
                if !matches!(undecided, Undecided::NoHandler) {
                    let error = chain(&undecided);
                    tracing::error!(
                        provider,
                        question,
                        decision,
                        outcome,
                        error,
                        "question not decided"
                    );
                }
                response
            }
        }
    }

    /// Answers a question that reaches no handler. [`NotDelivered`] has already logged it.
    pub(super) fn answer_undelivered(&self, name: &str, undecided: &Undecided) -> CallbackResponse {
        let mut kinds = self.question_handlers.iter().filter_map(|handler| handler.kind);
        let kind = kinds.find(|kind| *kind == name).unwrap_or("raw");
        self.apply_failure_policy(name, &Subject::of_kind(kind), undecided).response
    }

    /// Answers a question by its failure policy.
    fn apply_failure_policy(
        &self,
        name: &str,
        subject: &Subject,
        undecided: &Undecided,
    ) -> Decided {
        let policy = self.question_failure_policy(name);
        let decision = match policy {
            FailurePolicy::Open => "failed_open",
            FailurePolicy::Closed => "failed_closed",
        };
        self.report_decision(subject, undecided.as_str(), Some(decision));
        Decided { response: P::undecided(policy), decision }
    }

    /// Looks the policy up by the name on the wire: a question that cannot be read as its type must
    /// not get another policy.
    fn question_failure_policy(&self, name: &str) -> FailurePolicy {
        let of = |wanted: Option<&str>| {
            let mut policies = self.question_failure_policies.iter().rev();
            policies.find(|(kind, _)| *kind == wanted).map(|(_, policy)| *policy)
        };
        of(Some(name)).or_else(|| of(None)).unwrap_or_default()
    }

    async fn decide(
        self: Arc<Self>,
        verified: Box<Verified<P::Question>>,
    ) -> Result<Decided, Undecided> {
        if let Some(signature) = self.bound_signature(&verified)
            && let Some(id) = DeliveryId::of_content(&verified, &[])
        {
            let delivery = self.settings.key(id, Some(signature));
            match self.bind(delivery, self.settings.question_timeout / 4).await {
                Ok(true) => {}
                Ok(false) => return Err(Undecided::SignatureReused),
                Err(error) => return Err(Undecided::StoreUnavailable(error)),
            }
        }
        let name = verified.event.name();
        let mut handlers = self.question_handlers.iter();
        let Some(handler) = handlers.find(|handler| handler.answers(name)) else {
            self.receiver.unhandled.warn(&verified.event);
            return Err(Undecided::NoHandler);
        };
        // A handler that starts later could hardly decide in time.
        let turn = timeout(self.settings.question_timeout / 2, handler.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Undecided::Overloaded) };
        let _timed = Timed { provider: P::NAME, begun: now() };
        (handler.call)(verified).await
    }
}

/// A question that waits for its answer. If it is dropped unanswered, its sender has hung up.
struct Asked<'a, P: Provider> {
    hooks: &'a Inner<P>,
    span: &'a Span,
    subject: &'a Subject,
    is_answered: bool,
}

impl<P: Provider> Drop for Asked<'_, P> {
    fn drop(&mut self) {
        if !self.is_answered {
            let _entered = self.span.enter();
            self.span.record("outcome", "abandoned");
            tracing::warn!("sender hung up before its question was answered");
            self.hooks.report_decision(self.subject, "abandoned", None);
        }
    }
}

/// A running handler. Its duration is recorded even if it panics or is aborted.
struct Timed {
    provider: &'static str,
    begun: Instant,
}

impl Drop for Timed {
    fn drop(&mut self) {
        metrics::handler(self.provider, now().duration_since(self.begun));
    }
}

/// A decision as it is sent, with its name.
struct Decided {
    response: CallbackResponse,
    decision: &'static str,
}

/// Why no handler decided a question.
#[derive(Debug, Error)]
pub(super) enum Undecided {
    #[error("no handler for this question")]
    NoHandler,
    #[error("another extractor or a middleware consumed the body")]
    BodyConsumed,
    #[error("the question cannot be read")]
    Unreadable,
    #[error("too many questions are being answered")]
    Overloaded,
    #[error("the handler failed")]
    Failed(#[source] BoxError),
    #[error("the handler panicked")]
    Panicked,
    #[error("the handler exceeded its timeout and was aborted")]
    DeadlineExceeded,
    #[error("the signature was first seen with other content")]
    SignatureReused,
    #[error("the signature could not be bound")]
    StoreUnavailable(#[source] StoreError),
}

impl Undecided {
    /// The reason for a question whose body is missing or unreadable.
    pub(super) fn unreadable(reason: &Refusal) -> Self {
        match reason {
            Refusal::BodyAlreadyConsumed => Self::BodyConsumed,
            _ => Self::Unreadable,
        }
    }

    /// The name in logs and metrics.
    fn as_str(&self) -> &'static str {
        match self {
            Self::NoHandler => "no_handler",
            Self::BodyConsumed => "body_consumed",
            Self::Unreadable => "unreadable",
            Self::Overloaded => "overloaded",
            Self::Failed(_) => "failed",
            Self::Panicked => "panicked",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::SignatureReused => "signature_reused",
            Self::StoreUnavailable(_) => "store_unavailable",
        }
    }
}

/// The return type of a question's handler: a decision, or a `Result`. After an error, the
/// question's [`FailurePolicy`] decides.
///
/// ```
/// use std::num::ParseIntError;
///
/// use room_hooks::{Hooks, Verified, tencent::{Decision, Tencent, live::BeforeSendGift}};
///
/// fn hooks(tencent: Tencent) -> Hooks<Tencent> {
///     Hooks::new(tencent).answer(
///         async |gift: Verified<BeforeSendGift>| -> Result<_, ParseIntError> {
///             let room: u64 = gift.event.room_id.parse()?;
///             Ok(if room < 1000 { Decision::allow() } else { Decision::deny() })
///         },
///     )
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a question's handler must return its decision, not `{Self}`",
    label = "does not return `{D}`",
    note = "return `{D}`, or a `Result` of it"
)]
pub trait AnswerResult<D>: Send + 'static {
    /// Converts to the decision, or an error for the log.
    ///
    /// # Errors
    ///
    /// The handler failed.
    fn into_result(self) -> Result<D, Box<dyn Error + Send + Sync>>;
}

impl<D: Decision> AnswerResult<D> for D {
    fn into_result(self) -> Result<D, BoxError> {
        Ok(self)
    }
}

impl<D, E> AnswerResult<D> for Result<D, E>
where
    D: Decision,
    E: Into<BoxError> + Send + 'static,
{
    fn into_result(self) -> Result<D, BoxError> {
        self.map_err(Into::into)
    }
}

/// A handler for one kind of question, or for all.
#[derive(Clone)]
pub(super) struct QuestionHandler<P: Provider> {
    pub(super) kind: Option<&'static str>,
    call: Arc<Call<P>>,
    turns: Arc<Semaphore>,
}

type Call<P> = dyn Fn(Box<Verified<<P as Provider>::Question>>) -> Deciding + Send + Sync;

/// A handler with its question. It starts when it is first polled.
type Deciding = Pin<Box<dyn Future<Output = Result<Decided, Undecided>> + Send>>;

impl<P: Provider> QuestionHandler<P> {
    pub(super) fn new<Q, F, Fut>(handler: F, concurrency: usize) -> Self
    where
        Q: Question<Provider = P>,
        F: Fn(Verified<Q>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: AnswerResult<Q::Decision>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |verified: Box<Verified<P::Question>>| -> Deciding {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let verified = verified.downcast().map_err(|_| Undecided::Unreadable)?;
                let decision = handler(verified).await.into_result().map_err(Undecided::Failed)?;
                Ok(Decided { response: decision.response(), decision: decision.as_str() })
            })
        };
        Self { kind: Q::KIND, call: Arc::new(call), turns: turns(concurrency) }
    }

    pub(super) fn limit(&mut self, concurrency: usize) {
        self.turns = turns(concurrency);
    }

    /// Whether the handler takes questions with this name on the wire: a question that cannot be
    /// read as its type still belongs to the handler of that type, and not to a handler of all
    /// questions.
    fn answers(&self, name: &str) -> bool {
        self.kind.is_none_or(|kind| kind == name)
    }
}

fn turns(concurrency: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS)))
}
