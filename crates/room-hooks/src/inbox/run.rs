//! The loop of a worker: it claims events, starts their handlers, and waits for more.

use std::{
    convert::Infallible,
    future::pending,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{hooks::store::any::chain, metrics};

use super::{
    ClaimRequest, Worker, WorkerId,
    attempt::Attempts,
    backoff::random,
    heartbeat::{self, Leases},
    maintenance,
    stored_event::FORMAT_VERSION,
};

/// The maximum number of events in a claim.
const CLAIM_BATCH: usize = 32;

impl Worker {
    /// Handles events for as long as the returned future is polled. Dropping the future aborts the
    /// running handlers, and their events are handled again after the lease, as after a crash.
    /// [`run_until`](Self::run_until) ends cleanly.
    pub async fn run(self) -> Infallible {
        self.run_until(pending()).await;
        pending().await
    }

    /// Handles events until `shutdown` resolves. Then the worker claims no more events, and waits
    /// for the running handlers: at most for the handler timeout and two leases.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) {
        let maintenance = maintenance::start(Arc::clone(&self.store), self.settings);
        let mut running = Running::new(&self);
        running.work(pin!(shutdown)).await;
        drop(maintenance);
        running.end().await;
    }

    /// Handles the events that are due until none is left, and returns the number of attempts. An
    /// event that becomes due again is attempted again. This is for tests.
    pub async fn run_until_idle(&self) -> usize {
        let (mut running, mut attempts) = (Running::new(self), 0);
        loop {
            let claimed = running.claim().await;
            attempts += claimed;
            if claimed == 0 {
                if running.tasks.is_empty() {
                    return attempts;
                }
                running.one_has_ended().await;
            }
        }
    }
}

/// A worker's running handlers, and the state for claiming more events.
struct Running {
    attempts: Arc<Attempts>,
    request: ClaimRequest,
    tasks: JoinSet<()>,
    leases: Leases,
    /// Whether a suspect runs, and therefore nothing else.
    is_alone: bool,
    is_available: bool,
    _heartbeat: AbortOnDropHandle<()>,
}

impl Running {
    fn new(worker: &Worker) -> Self {
        let Worker { store, handlers, settings, runtime } = worker;
        let kinds: Vec<_> = handlers.iter().flat_map(|handlers| handlers.kinds()).collect();
        let leases = Leases::default();
        Self {
            request: ClaimRequest {
                kinds: Some(kinds.into()),
                format_version: FORMAT_VERSION,
                is_ordered: settings.is_ordered,
                max_crashes: settings.max_crashes,
                ..ClaimRequest::new(WorkerId::random(), 0, settings.lease)
            },
            _heartbeat: heartbeat::start(Arc::clone(store), leases.clone(), settings.lease),
            attempts: Arc::new(Attempts {
                store: Arc::clone(store),
                handlers: handlers.clone(),
                settings: *settings,
                runtime: runtime.clone(),
                is_stopping: AtomicBool::new(false),
            }),
            tasks: JoinSet::new(),
            leases,
            is_alone: false,
            is_available: true,
        }
    }

    async fn work(&mut self, mut shutdown: Pin<&mut impl Future<Output = ()>>) {
        loop {
            // The future is created before the claim, so that no put is missed in between.
            let store = Arc::clone(&self.attempts.store);
            let notified = store.notified();
            // The claim is not part of `select!`, because a claim that is dropped may already have
            // leased events.
            let claimed = self.claim().await;
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = self.wait(claimed, notified) => {}
            }
        }
    }

    /// Claims as many events as can be started, starts them, and returns how many.
    async fn claim(&mut self) -> usize {
        self.is_alone &= !self.tasks.is_empty();
        self.request.limit = self.room().min(CLAIM_BATCH);
        self.request.is_idle = self.tasks.is_empty();
        if self.request.limit == 0 {
            return 0;
        }
        let claims = match self.attempts.store.claim(self.request.clone()).await {
            Ok(claims) => claims,
            Err(error) => {
                if self.is_available {
                    tracing::error!(error = %chain(&error), "inbox unavailable");
                }
                self.is_available = false;
                metrics::store_error("inbox_claim");
                // Events may have been leased nevertheless. Under the old id, their leases expire
                // once the attempts that run under it have ended.
                self.request.worker = WorkerId::random();
                return 0;
            }
        };
        if !self.is_available {
            tracing::info!("inbox available again");
        }
        self.is_available = true;
        let claimed = claims.events.len();
        for event in claims.events {
            self.is_alone |= event.is_suspect;
            let (attempts, lease) =
                (Arc::clone(&self.attempts), self.leases.hold(self.request.worker));
            self.tasks.spawn(async move {
                attempts.attempt(event).await;
                drop(lease);
            });
        }
        claimed
    }

    /// How many more handlers may run.
    fn room(&self) -> usize {
        match self.is_alone {
            true => 0,
            false => self.attempts.settings.concurrency.saturating_sub(self.tasks.len()),
        }
    }

    /// Waits until there may be something to claim. While suspects wait for this worker to be idle,
    /// the store gives the worker nothing, so the worker asks again in case another worker has
    /// taken them.
    async fn wait(&mut self, claimed: usize, notified: impl Future<Output = ()>) {
        let poll_interval = self.attempts.store.poll_interval();
        if !self.is_available {
            return sleep(Duration::from_secs(1).max(poll_interval)).await;
        }
        if claimed > 0 && self.room() > 0 {
            return;
        }
        if self.room() == 0 {
            return self.one_has_ended().await;
        }
        tokio::select! {
            () = self.one_has_ended(), if !self.tasks.is_empty() => {}
            () = notified => {}
            () = sleep(poll_interval) => {}
        }
    }

    /// Waits for an attempt to end, and removes all that have ended.
    async fn one_has_ended(&mut self) {
        let mut ended = self.tasks.join_next().await;
        while let Some(result) = ended {
            if let Err(error) = result {
                tracing::error!(%error, "attempt failed inside the worker");
                // The event's lease must expire, which it does under an id that is no longer used.
                self.request.worker = WorkerId::random();
            }
            ended = self.tasks.try_join_next();
        }
    }

    /// Waits for the running attempts.
    async fn end(&mut self) {
        let Attempts { settings, is_stopping, .. } = &*self.attempts;
        is_stopping.store(true, Ordering::Relaxed);
        let limit = settings.handler_timeout.saturating_add(settings.lease * 2);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(limit, all).await.is_err() {
            tracing::error!("worker stopped before all attempts ended; they will be repeated");
        }
    }
}

impl WorkerId {
    pub(super) fn random() -> Self {
        Self(random() as i64)
    }
}
