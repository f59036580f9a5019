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

/// Handlers for a provider's events and questions. Hooks verify each delivery and call its handler
/// once. They are cheap to clone.
///
/// ```
/// use std::time::SystemTime;
///
/// use room_hooks::{Delivery, Hooks, Verified, zego::{self, Zego}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let zego = Zego::new(1234567890, "callback secret")?;
/// # let event = serde_json::json!({"event": "room_create", "room_id": "lobby"});
/// # let body = zego.sign(&event, SystemTime::now())?.body;
/// let hooks = Hooks::new(Zego::new(1234567890, "callback secret")?)
///     .on(async |created: Verified<zego::RoomCreated>| {
///         println!("{} is open", created.event.room_id);
///     });
///
/// // An adapter does this for each request.
/// let response = hooks.deliver(Delivery::new(&body), SystemTime::now()).await;
/// assert_eq!(response.status, 200);
/// # Ok(())
/// # }
/// ```
///
/// # Where handlers run
///
/// Each delivery runs in its own task, and so does its handler. A sender that disconnects cancels
/// neither, and a panic ends only the handler. (The handler of a [question](Self::answer) is
/// aborted if the sender disconnects.)
///
/// Handlers run on the tokio runtime in which the hooks were created, if it has several threads.
/// Otherwise, for example under `#[actix_web::main]`, they run on a small runtime that all hooks of
/// the process share. So they survive the end of an actix-web worker, and a handler that blocks its
/// thread does not delay the response past the timeout. Other tasks on that thread wait, however:
/// use `tokio::task::spawn_blocking` for long computations and blocking calls.
///
/// # Retries and duplicates
///
/// A retry has the [`DeliveryId`](crate::DeliveryId) of the first attempt and is handled once.
/// Nevertheless, make handlers idempotent: delivery is at-least-once. A delivery is handled twice
///
/// * after a crash between the end of the handler and the settlement in the store, or if settling
///   fails for as long as a lease;
/// * after a restart, with a [`MemoryStore`], or if Redis loses its data;
/// * while the store is full or unavailable, with [`FailurePolicy::Open`];
/// * if a process is frozen for longer than its lease, and another process takes over;
/// * if a platform re-signs the retry of an event that has no id or time, such as ZIM's;
/// * if an app does not sign and its event has no id or time, so that a retry cannot be told from a
///   second event.
///
/// # Clock skew
///
/// The local clock decides whether a callback is fresh. While that clock is behind, the time at
/// which the newest verified callback of the same app was signed decides, plus the time elapsed
/// since. So if the clock is set back, no handled callback becomes fresh again, and a clock that
/// was ahead refuses nothing once it is corrected. These times are kept for the 65,536 most
/// recently verified apps, and for at most twice as many.
#[derive(Clone)]
#[must_use]
// The module is gated already. Where an adapter re-exports an item, rustdoc shows only the feature
// that the item itself names.
#[cfg(feature = "hooks")]
pub struct Hooks<P: Provider>(Arc<Inner<P>>);

/// A delivery's tasks hold one pointer to all parts. With copies of the parts, they took 3 KiB.
#[derive(Clone)]
struct Inner<P: Provider> {
    receiver: Receiver<P>,
    handlers: Handlers<P>,
    question_handlers: Vec<QuestionHandler<P>>,
    /// The policies by kind of question; `None` stands for all kinds.
    question_failure_policies: Vec<(Option<&'static str>, FailurePolicy)>,
    store: Arc<dyn AnyStore>,
    /// Renews the claims in a store that other processes share.
    renewal: Option<Arc<Renewal>>,
    /// The signatures that this process has seen, used while a shared store or the inbox is full or
    /// unavailable.
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
    /// Creates hooks without handlers for a provider, or for a [`Receiver`] with its own settings.
    /// Deliveries are remembered in memory unless you set another [store](Self::with_store).
    ///
    /// Call this in the tokio runtime that [handlers should run on](Self#where-handlers-run).
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

    /// The parts, to change them. Copies them if clones share them.
    fn parts(&mut self) -> &mut Inner<P> {
        Arc::make_mut(&mut self.0)
    }

    /// Sets the delivery store; a [`MemoryStore`] by default. If several processes can share it,
    /// this starts a thread that renews leases.
    ///
    /// # Capacity
    ///
    /// Only verified deliveries reach the store. But anyone who observes a signature that is not
    /// [bound](Self::with_signature_binding), such as Tencent's or one with a short nonce, can
    /// attach any number of bodies to it while it is fresh, and each counts as a delivery. If an
    /// app does not sign, anyone can send deliveries.
    ///
    /// The [failure policy](Self::with_store_failure_policy) decides about honest deliveries while
    /// the store is full. Signatures have separate capacity, so a store full of deliveries still
    /// binds them.
    pub fn with_store(mut self, store: impl DeliveryStore) -> Self {
        let parts = self.parts();
        parts.renewal = Renewal::of(&store).map(Arc::new);
        parts.store = Arc::new(store);
        self
    }

    /// Sets a function that is called with the [outcome](Observation) of each delivery, for example
    /// to count or trace it. It runs before the response is sent, so it must not block. A panic in
    /// it is logged and has no other effect.
    pub fn with_observer<F>(mut self, observer: F) -> Self
    where
        F: Fn(&Observation<'_>) + Send + Sync + 'static,
    {
        self.parts().observer = Some(Arc::new(observer));
        self
    }

    /// Sets the tokio runtime that handlers run on. In a test that pauses tokio's clock, set the
    /// test's runtime.
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.parts().runtime = Some(Arc::new(HandlerRuntime::new(runtime)));
        self
    }

    /// The thread that created the delivery store, if only this process uses the store.
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

    /// Verifies a delivery at once, and returns a future that handles it and resolves to the
    /// response. `now` is the current time.
    ///
    /// The future needs a tokio runtime. Dropping it does not stop an event handler that has
    /// started, but aborts the handler of a question.
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
    /// [`BodyReader`](crate::adapter::BodyReader) refuses. For a question, its failure policy
    /// decides.
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

    /// Waits until every running handler has ended and its result is stored. If the store is
    /// unavailable, this takes up to one lease longer. Stop accepting requests first.
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
