//! A second inbox that takes events while the first does not, and the task that drains it into the
//! first.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{hooks::store::any::chain, metrics};

use super::{
    ClaimRequest, ClaimedEvent, Claims, Ending, InboxError, InboxStore, NewEvent, PutOutcome,
    Retention, WorkerId,
};

/// The maximum number of events that are moved at once; at most one of each room.
const BATCH: usize = 32;

/// How long the inbox may take for one event. No sender waits for this.
const PUT_TIMEOUT: Duration = Duration::from_secs(5);

/// The lease of events that are being moved, which is longer than moving a batch takes. After a
/// crash, a restarted process waits this long for these events.
const LEASE: Duration = Duration::from_secs(20);

/// The first and the longest pause while the inbox is unavailable. Each pause is twice as long as
/// the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How often the spill is checked for events that another process has put in it. This process's own
/// puts notify it.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// How long an event that the inbox has refused is kept.
const DEAD_RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

const PRUNE_BATCH: usize = 500;

/// The spill of an inbox.
#[derive(Debug)]
pub(crate) struct Spill {
    stores: Stores,
    drainer: Mutex<Option<AbortOnDropHandle<()>>>,
}

#[derive(Debug, Clone)]
struct Stores {
    inbox: Arc<dyn InboxStore>,
    spill: Arc<dyn InboxStore>,
    /// Whether the spill holds nothing.
    occupancy: Arc<Mutex<Occupancy>>,
    is_put: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Occupancy {
    /// Whether the drainer has found the spill empty, and nothing has been put since. `false` at
    /// first, because the drainer has not checked yet.
    is_empty: bool,
    putting: usize,
    /// The number of puts that have ended.
    ended: u64,
}

impl Spill {
    pub(crate) fn new(inbox: Arc<dyn InboxStore>, spill: Arc<dyn InboxStore>) -> Self {
        let stores = Stores { inbox, spill, occupancy: Arc::default(), is_put: Arc::default() };
        Self { stores, drainer: Mutex::default() }
    }

    /// Drains the spill on a runtime until the `Spill` is dropped, unless it is already being
    /// drained.
    pub(crate) fn start(&self, runtime: &Handle) {
        let mut drainer = self.drainer.lock().unwrap_or_else(PoisonError::into_inner);
        // A drainer ends only with its runtime.
        if drainer.as_ref().is_none_or(AbortOnDropHandle::is_finished) {
            let drain = self.stores.clone().drain();
            *drainer = Some(AbortOnDropHandle::new(runtime.spawn(drain)));
        }
    }

    /// Whether an event may be put in the inbox. While the spill holds events, a new one would
    /// overtake them.
    pub(crate) fn is_empty(&self) -> bool {
        self.stores.occupancy().is_empty
    }

    pub(crate) async fn put(&self, event: NewEvent) -> Result<PutOutcome, InboxError> {
        let putting = Putting::begin(&self.stores);
        let outcome = self.stores.spill.put(event).await?;
        drop(putting);
        self.stores.is_put.notify_one();
        if outcome == PutOutcome::New {
            metrics::spilled();
        }
        Ok(outcome)
    }
}

/// A put in progress. Dropping this value records the end of the put, even if the put was canceled.
struct Putting<'a>(&'a Stores);

impl<'a> Putting<'a> {
    fn begin(stores: &'a Stores) -> Self {
        let mut occupancy = stores.occupancy();
        if occupancy.is_empty {
            tracing::warn!("the inbox does not take events; they are spilled until it does");
        }
        occupancy.is_empty = false;
        occupancy.putting += 1;
        Self(stores)
    }
}

impl Drop for Putting<'_> {
    fn drop(&mut self) {
        let mut occupancy = self.0.occupancy();
        occupancy.putting -= 1;
        occupancy.ended += 1;
    }
}

impl Stores {
    async fn drain(self) {
        let (first, last) = PAUSES;
        let mut pause = first;
        // A single event, until the inbox has shown that it takes events.
        let mut limit = 1;
        loop {
            // The future is created before the claim, so that no put is missed in between.
            let is_put = self.is_put.notified();
            match self.drain_batch(limit).await {
                Ok(true) => (limit, pause) = (BATCH, first),
                Ok(false) => {
                    tokio::select! {
                        () = is_put => {}
                        () = sleep(POLL_INTERVAL) => {}
                    }
                }
                Err(error) => {
                    tracing::debug!(error = %chain(&error), "spilled events wait");
                    sleep(pause).await;
                    (limit, pause) = (1, (pause * 2).min(last));
                }
            }
        }
    }

    /// Moves the oldest events of some rooms. `false` if there are none to move now.
    async fn drain_batch(&self, limit: usize) -> Result<bool, InboxError> {
        let ended = self.occupancy().ended;
        let claims = self.claim(limit).await?;
        let is_any = !claims.events.is_empty();
        let mut moves = JoinSet::new();
        for claimed in claims.events {
            moves.spawn(self.clone().move_event(claimed));
        }
        let mut moved = Ok(());
        while let Some(ended) = moves.join_next().await {
            // If a store panicked, the lease expires.
            let ended = ended.unwrap_or_else(|error| Err(InboxError::Unavailable(error.into())));
            moved = moved.and(ended);
        }
        let retention = Retention::new(Duration::ZERO, DEAD_RETENTION);
        if is_any {
            while self.spill.prune(retention, PRUNE_BATCH).await? == PRUNE_BATCH {}
        }
        let stats = self.spill.stats().await?;
        metrics::spill(stats.ready + stats.leased, stats.dead);
        if stats.ready + stats.leased == 0 {
            self.is_drained(ended);
        }
        moved.map(|()| is_any)
    }

    async fn claim(&self, limit: usize) -> Result<Claims, InboxError> {
        let request = ClaimRequest {
            is_ordered: true,
            max_crashes: u32::MAX,
            // A new id each time, so that the leases of a claim whose answer was lost expire.
            ..ClaimRequest::new(WorkerId::random(), limit, LEASE)
        };
        self.spill.claim(request).await
    }

    async fn move_event(self, claimed: ClaimedEvent) -> Result<(), InboxError> {
        let put = timeout(PUT_TIMEOUT, self.inbox.put(claimed.event)).await;
        let put = put.unwrap_or_else(|elapsed| Err(InboxError::Unavailable(elapsed.into())));
        let (ending, result) = match put {
            Ok(PutOutcome::New | PutOutcome::Duplicate) => (Ending::Done, Ok(())),
            // Two bodies with one signature are in two stores, and the spill cannot know which is
            // authentic. This one reaches no handler, and an operator decides.
            Ok(PutOutcome::SignatureReused) => {
                let sequence = claimed.attempt.sequence;
                tracing::error!(
                    sequence,
                    "spilled event is dead: its signature belongs to another event"
                );
                let error = "in the inbox, its signature belongs to another event".into();
                (Ending::Dead { error }, Ok(()))
            }
            Err(error) => (Ending::Released, Err(error)),
        };
        self.spill.finish(claimed.attempt, ending).await?;
        result
    }

    /// Marks the spill as empty, unless a put is in progress or has ended since `ended` was read.
    fn is_drained(&self, ended: u64) {
        let mut occupancy = self.occupancy();
        if occupancy.putting == 0 && occupancy.ended == ended && !occupancy.is_empty {
            occupancy.is_empty = true;
            if ended > 0 {
                tracing::info!("the inbox takes events again; the spill is drained");
            }
        }
    }

    fn occupancy(&self) -> MutexGuard<'_, Occupancy> {
        self.occupancy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
