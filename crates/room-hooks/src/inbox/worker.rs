use std::{fmt, sync::Arc, time::Duration};

use tokio::runtime::Handle;

use crate::{Handlers, Provider, hooks::runtime::HandlerRuntime};

use super::{Backoff, InboxStore, Retention, any_handlers::SharedHandlers};

/// Runs the handlers of events that are in an inbox, until they succeed.
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
/// It needs no secrets: what is in an inbox has been verified. Several processes can share an inbox, with **one worker
/// in each**, since an event that crashes its process is found by running it alone. Each event is leased to one of them
/// at a time. A worker takes events of the kinds that it has handlers for;
/// others stay in the inbox, for a worker that has some. So give it a [`fallback`](Handlers::fallback), or look after
/// the rest otherwise.
///
/// **A handler runs at least once.** It runs again if it fails, is late, panics or if its process ends before the inbox
/// has noted that it is done. So make it safe to repeat; [`Verified::id`](crate::Verified::id) is the same each time.
///
/// Handlers run on the tokio runtime that the worker is created in, if that has several threads, and otherwise on one of
/// the crate's own.
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
    /// After how many failures an event is dead.
    pub(super) fn max_attempts(&self) -> u32 {
        self.max_attempts.unwrap_or(if self.is_ordered { 8 } else { 20 })
    }
}

impl Worker {
    /// Creates a worker with the handlers of one provider's events.
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

    /// Adds the handlers of another provider's events.
    ///
    /// # Panics
    ///
    /// There are handlers of this provider's events already.
    #[track_caller]
    pub fn with_handlers<P: Provider>(mut self, handlers: Handlers<P>) -> Self {
        let is_known = self.handlers.iter().any(|known| known.provider() == P::NAME);
        assert!(
            !is_known,
            "a second set of handlers of {}: only the first would be called",
            P::NAME
        );
        self.handlers.push(Arc::new(handlers));
        self
    }

    /// Handles the events of a room in the order in which they were stored, one at a time. Rooms are told apart by
    /// provider, app and id. All workers of an inbox need it.
    ///
    /// An event that waits for its next attempt holds back its room, so that its attempts are fewer: 8, about two
    /// minutes, by default. The order is that of the events that the worker has handlers for, and does not extend to
    /// dead events that are retried: those run late.
    pub fn ordered_by_room(mut self) -> Self {
        self.settings.is_ordered = true;
        self
    }

    /// Sets how many handlers run at once; by default 16, at least 1.
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.settings.concurrency = concurrency.max(1);
        self
    }

    /// Sets how long a failed event waits for its next attempt.
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets after how many failed attempts an event is dead; by default 20, or 8 in the order of rooms, at least 1.
    /// Attempts that a crash ended do not count.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts.max(1));
        self
    }

    /// Sets after how many crashes of its process an event is dead; by default 3, at least 1. Only those count in which
    /// it ran alone, as any event does after a crash.
    pub fn with_max_crashes(mut self, crashes: u32) -> Self {
        self.settings.max_crashes = crashes.max(1);
        self
    }

    /// Sets how long a handler may take; by default 5 min. A late handler is aborted at its next `.await`, and the
    /// attempt has failed. One that blocks its thread cannot be aborted, and may run beside its next attempt.
    pub fn with_handler_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handler_timeout = timeout;
        self
    }

    /// Sets the lease: how long after a crash another worker takes the events over. By default 30 s, between
    /// 100 ms and an hour. A living worker renews its leases three times in that time.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        self.settings.lease = lease.clamp(Duration::from_millis(100), HOUR);
        self
    }

    /// Sets for how long the inbox keeps events that are done, and those that are dead; by default 7 and 90 days.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Sets the tokio runtime that handlers run on. A test whose clock is paused sets its own here.
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
