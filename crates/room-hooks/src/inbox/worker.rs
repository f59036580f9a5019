use std::{fmt, sync::Arc, time::Duration};

use tokio::runtime::Handle;

use crate::{Handlers, Provider, hooks::runtime::HandlerRuntime};

use super::{Backoff, InboxStore, Retention, any_handlers::SharedHandlers};

/// Runs the handlers of an inbox's events until they succeed.
///
/// ```
/// use room_hooks::{Handlers, Verified, inbox::{InboxStore, Worker}, tencent, zego};
///
/// async fn work(inbox: impl InboxStore) {
///     let zego = Handlers::new()
///         .on(async |created: Verified<zego::RoomCreated>| println!("{}", created.event.room_id));
///     let tencent = Handlers::new()
///         .fallback(async |event: Verified<tencent::Event>| println!("{event:?}"));
///     Worker::new(inbox, zego).with_handlers(tencent).ordered_by_room().run().await;
/// }
/// ```
///
/// A worker needs no secrets, because the events in an inbox have been verified. It takes only
/// events of kinds that it has handlers for; others stay in the inbox for another worker. So add a
/// [`fallback`](Handlers::fallback), or make sure that another worker handles the rest.
///
/// Handlers run on the tokio runtime in which the worker was created, if it has several threads,
/// and otherwise on a small runtime that this crate starts.
///
/// # Retries
///
/// **A handler runs at least once.** An attempt fails if the handler returns an error, panics or
/// takes longer than its [timeout](Self::with_handler_timeout), 5 min by default. The next attempt
/// follows after a [`Backoff`]. An event is dead after 20 failures (8 if [ordered by
/// room](Self::ordered_by_room)) or a [`Discard`](super::Discard), and an error is logged.
///
/// A handler also runs again if its process ends before the inbox has recorded its success. So make
/// handlers idempotent; [`Verified::id`](crate::Verified::id) is the same for each attempt.
///
/// # Several processes
///
/// Several processes can share an inbox, with **one worker per process**. Each event is leased to
/// one worker at a time. If a worker crashes, others take over its events when the lease expires.
///
/// After a crash, the events of the crashed worker run again alone, one at a time. Only a crash
/// while an event runs alone counts against it, and after three of them it is dead. So an event
/// that crashes its process takes no other event with it.
#[must_use]
pub struct Worker {
    pub(super) store: Arc<dyn InboxStore>,
    pub(super) handlers: Vec<SharedHandlers>,
    pub(super) settings: Settings,
    pub(super) runtime: Option<Arc<HandlerRuntime>>,
}

/// Settings of a worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) is_ordered: bool,
    pub(super) concurrency: usize,
    pub(super) lease: Duration,
    pub(super) handler_timeout: Duration,
    pub(super) backoff: Backoff,
    max_attempts: Option<u32>,
    pub(super) max_crashes: u32,
    pub(super) retention: Retention,
}

impl Settings {
    /// The number of failures after which an event is dead.
    pub(super) fn max_attempts(&self) -> u32 {
        self.max_attempts.unwrap_or(if self.is_ordered { 8 } else { 20 })
    }
}

impl Worker {
    /// Creates a worker with the handlers for one provider's events.
    pub fn new<P: Provider>(inbox: impl InboxStore, handlers: Handlers<P>) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            store: Arc::new(inbox),
            handlers: vec![Arc::new(handlers)],
            settings: Settings {
                is_ordered: false,
                concurrency: 16,
                lease: Duration::from_secs(30),
                handler_timeout: Duration::from_secs(5 * 60),
                backoff: Backoff::default(),
                max_attempts: None,
                max_crashes: 3,
                retention: Retention { done: DAY * 7, dead: DAY * 90 },
            },
            runtime: HandlerRuntime::here().map(Arc::new),
        }
    }

    /// Adds the handlers for another provider's events.
    ///
    /// # Panics
    ///
    /// This provider's events already have handlers.
    #[track_caller]
    pub fn with_handlers<P: Provider>(mut self, handlers: Handlers<P>) -> Self {
        let is_known = self.handlers.iter().any(|known| known.provider() == P::NAME);
        assert!(
            !is_known,
            "a second set of handlers for {}: only the first would be called",
            P::NAME
        );
        self.handlers.push(Arc::new(handlers));
        self
    }

    /// Handles the events of a room one at a time, in the order in which they were stored. A room
    /// is identified by provider, app and id. Set this on all workers of an inbox.
    ///
    /// An event that waits for its next attempt holds back its room, so it has fewer attempts by
    /// default: 8, in about two minutes. The order covers the events that the worker has handlers
    /// for. A dead event that is retried runs late: after newer events that are already done.
    pub fn ordered_by_room(mut self) -> Self {
        self.settings.is_ordered = true;
        self
    }

    /// Sets how many handlers run at once; 16 by default, at least 1.
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.settings.concurrency = concurrency.max(1);
        self
    }

    /// Sets how long a failed event waits for its next attempt.
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets the number of failed attempts after which an event is dead; 20 by default, or 8 if
    /// ordered by room, at least 1. Attempts that ended in a crash do not count.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts.max(1));
        self
    }

    /// Sets the number of crashes after which an event is dead; 3 by default, at least 1. After a
    /// crash, an event runs alone, and only crashes while it runs alone count.
    pub fn with_max_crashes(mut self, crashes: u32) -> Self {
        self.settings.max_crashes = crashes.max(1);
        self
    }

    /// Sets how long a handler may take; 5 min by default. A late handler is aborted at its next
    /// `.await`, and the attempt fails. A handler that blocks its thread cannot be aborted, and may
    /// overlap its next attempt.
    pub fn with_handler_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handler_timeout = timeout;
        self
    }

    /// Sets the lease: how long after a crash other workers take the events over. 30 s by default,
    /// between 100 ms and an hour. A running worker renews its leases three times in that time.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        self.settings.lease = lease.clamp(Duration::from_millis(100), HOUR);
        self
    }

    /// Sets how long the inbox keeps done and dead events; 7 and 90 days by default.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Sets the tokio runtime that handlers run on. In a test that pauses tokio's clock, set the
    /// test's runtime.
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(Arc::new(HandlerRuntime::new(runtime)));
        self
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("store", &self.store)
            .field("handlers", &self.handlers)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
