#![doc = include_str!("docs.md")]

mod add_handlers;
mod attempts;
mod clock;
pub(crate) mod handlers;
#[cfg(feature = "inbox")]
mod inbox;
mod lease;
mod observer;
mod questions;
mod run;
pub(crate) mod runtime;
mod settings;
pub(crate) mod store;

use std::{fmt, sync::Arc, thread::ThreadId, time::SystemTime};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::{
    Delivery, FailurePolicy, NotDelivered, Provider, Receiver, Verified,
    adapter::{CallbackResponse, Received},
};

use self::{
    attempts::Attempts,
    clock::Clock,
    lease::Renewal,
    observer::{Observer, Subject},
    questions::{QuestionHandler, Undecided},
    runtime::HandlerRuntime,
    settings::Settings,
    store::any::AnyStore,
};

pub use self::handlers::{EventHandler, HandlerResult, Handlers};
#[cfg(feature = "inbox")]
pub use self::inbox::OnInboxFailure;
pub use self::observer::Observation;
pub use self::questions::AnswerResult;
pub use self::settings::SignatureBinding;
pub use self::store::memory::MemoryStore;
pub use self::store::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

/// Handlers of a provider's events and questions, behind verification and, for events, the delivery store. Cheap to
/// clone.
#[derive(Clone)]
#[must_use]
pub struct Hooks<P: Provider>(Arc<Inner<P>>);

/// A delivery's tasks carry one pointer to all of it; with a copy of each part they were 3 KiB large.
#[derive(Clone)]
struct Inner<P: Provider> {
    receiver: Receiver<P>,
    handlers: Handlers<P>,
    question_handlers: Vec<QuestionHandler<P>>,
    /// By the kind of question, or of all.
    question_failure_policies: Vec<(Option<&'static str>, FailurePolicy)>,
    store: Arc<dyn AnyStore>,
    /// Of a store that other processes share.
    renewal: Option<Arc<Renewal>>,
    /// The signatures that this process has seen, used while such a store is full or unavailable.
    bindings: MemoryStore,
    settings: Settings,
    observer: Option<Arc<Observer>>,
    in_flight: TaskTracker,
    clock: Clock,
    attempts: Attempts,
    #[cfg(feature = "inbox")]
    inbox: Option<inbox::Inbox>,
    runtime: Option<Arc<HandlerRuntime>>,
}

impl<P: Provider> Hooks<P> {
    /// Creates hooks without handlers for a provider, or for a [`Receiver`] with settings of its own.
    /// Deliveries are remembered in memory unless another store is set.
    ///
    /// Handlers run on the tokio runtime that this is called in, if it has several threads, and otherwise on one
    /// of the crate's own. So they survive the end of an actix-web worker, and one that blocks its thread does not delay
    /// the response past the timeout.
    pub fn new(receiver: impl Into<Receiver<P>>) -> Self {
        let receiver = receiver.into();
        Self(Arc::new(Inner {
            settings: Settings::of(receiver.provider()),
            receiver,
            handlers: Handlers::new(),
            question_handlers: Vec::new(),
            question_failure_policies: Vec::new(),
            store: Arc::new(MemoryStore::new()),
            renewal: None,
            bindings: MemoryStore::new(),
            observer: None,
            in_flight: TaskTracker::new(),
            clock: Clock::default(),
            attempts: Attempts::default(),
            #[cfg(feature = "inbox")]
            inbox: None,
            runtime: HandlerRuntime::here().map(Arc::new),
        }))
    }

    /// The parts, to be changed: a copy if clones share them.
    fn parts(&mut self) -> &mut Inner<P> {
        Arc::make_mut(&mut self.0)
    }

    /// Sets the delivery store. For one that processes share, a thread is started that renews leases.
    pub fn with_store(mut self, store: impl DeliveryStore) -> Self {
        let parts = self.parts();
        parts.renewal = Renewal::of(&store).map(Arc::new);
        parts.store = Arc::new(store);
        self
    }

    /// Sets a function that is called with the outcome of each delivery, such as one that counts or traces. It runs
    /// before the response is sent, so it must not block. If it panics, nothing else happens.
    pub fn with_observer<F>(mut self, observer: F) -> Self
    where
        F: Fn(&Observation<'_>) + Send + Sync + 'static,
    {
        self.parts().observer = Some(Arc::new(observer));
        self
    }

    /// Sets the tokio runtime that handlers run on. A test whose clock is paused sets its own here.
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.parts().runtime = Some(Arc::new(HandlerRuntime::new(runtime)));
        self
    }

    /// The thread that created the delivery store, if only this process uses it.
    #[doc(hidden)]
    #[must_use]
    pub fn store_created_on(&self) -> Option<ThreadId> {
        self.0.store.created_on()
    }

    /// The receiver that verifies deliveries, for reading their bodies.
    #[must_use]
    pub fn receiver(&self) -> &Receiver<P> {
        &self.0.receiver
    }

    /// Verifies a delivery at once, and returns a future that handles it and ends in the response. The
    /// future needs a tokio runtime; dropping it does not stop a handler that has been started.
    pub fn deliver(
        &self,
        delivery: Delivery<'_>,
        now: SystemTime,
    ) -> impl Future<Output = CallbackResponse> + Send + use<P> {
        let Inner { receiver, clock, .. } = &*self.0;
        let received =
            receiver.receive_at::<Received<P>>(delivery, &|app_id| clock.now(app_id, now));
        if let Ok(verified) = &received
            && let Some(signed_at) = verified.sent_at
            && receiver.provider().tolerance().is_some()
        {
            clock.note(verified.app_id, signed_at, now);
        }
        let (hooks, received) = (self.clone(), received.map(Verified::into_event));
        let received = received.map(|received| received.map(Box::new).map_err(Box::new));
        async move {
            match received {
                Ok(Ok(event)) => hooks.0.handle(event).await,
                Ok(Err(question)) => hooks.0.answer(question).await,
                Err(not_delivered) => hooks.respond_to(&not_delivered),
            }
        }
    }

    /// The response to a delivery that reaches no handler, such as one that a
    /// [`BodyReader`](crate::adapter::BodyReader) refuses: a question is left to its failure policy.
    #[must_use]
    pub fn respond_to(&self, not_delivered: &NotDelivered) -> CallbackResponse {
        match not_delivered {
            NotDelivered::Question { name } => {
                self.0.answer_undelivered(name, &Undecided::NoHandler)
            }
            NotDelivered::UnreadableQuestion { name, reason } => {
                self.0.answer_undelivered(name, &Undecided::unreadable(reason))
            }
            _ => {
                let outcome = match not_delivered {
                    NotDelivered::Probe => "probe",
                    _ => "refused",
                };
                let refusal = not_delivered.refusal();
                self.0.observe(&Subject::default(), outcome, None, refusal);
                not_delivered.response::<P>()
            }
        }
    }

    /// Waits until every running handler has ended and its result is stored. While the store is unavailable, this takes
    /// up to one lease. Stop accepting requests first.
    pub async fn wait_idle(&self) {
        self.0.in_flight.close();
        self.0.in_flight.wait().await;
    }
}

impl<P: Provider> fmt::Debug for Hooks<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("receiver", &self.0.receiver)
            .field("handlers", &self.0.handlers)
            .field("question_handlers", &self.0.question_handlers.len())
            .field("store", &self.0.store)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
