//! A second store that takes events while the inbox does not, and the task that drains it into the inbox.

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

/// How many events move at once, of as many rooms.
const BATCH: usize = 32;

/// How long the inbox may take for one event. No sender waits.
const PUT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longer than a batch takes. A process that restarts after a crash waits as long for what the other one was moving.
const LEASE: Duration = Duration::from_secs(20);

/// The pauses while the inbox is unavailable double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How often the spill is looked at, besides when this process puts something in: another may share it.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// How long an event stays that the inbox has refused.
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
    /// Whether the drainer has found the spill empty, and nothing was put since. At first, nobody has looked.
    is_empty: bool,
    putting: usize,
    /// How many puts have ended.
    ended: u64,
}

impl Spill {
    pub(crate) fn new(inbox: Arc<dyn InboxStore>, spill: Arc<dyn InboxStore>) -> Self {
        let stores = Stores { inbox, spill, occupancy: Arc::default(), is_put: Arc::default() };
        Self { stores, drainer: Mutex::default() }
    }

    /// Drains the spill on a runtime, until this is dropped. Does nothing if that goes on already.
    pub(crate) fn start(&self, runtime: &Handle) {
        let mut drainer = self.drainer.lock().unwrap_or_else(PoisonError::into_inner);
        // It ends only with its runtime.
        if drainer.as_ref().is_none_or(AbortOnDropHandle::is_finished) {
            let drain = self.stores.clone().drain();
            *drainer = Some(AbortOnDropHandle::new(runtime.spawn(drain)));
        }
    }

    /// Whether an event may be put in the inbox. While some are still in the spill, it would overtake them.
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

/// A put that has not ended; also if it is dropped.
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
        // One, until the inbox has shown that it takes events.
        let mut limit = 1;
        loop {
            // Before the claim, so that no event is missed that is put meanwhile.
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

    /// Moves the oldest events of some rooms. `false` if there is none to be moved now.
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
            // After a panic in a store, the lease runs out.
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
            // A new id each time: of a claim whose answer is lost, the leases run out.
            ..ClaimRequest::new(WorkerId::random(), limit, LEASE)
        };
        self.spill.claim(request).await
    }

    async fn move_event(self, claimed: ClaimedEvent) -> Result<(), InboxError> {
        let put = timeout(PUT_TIMEOUT, self.inbox.put(claimed.event)).await;
        let put = put.unwrap_or_else(|elapsed| Err(InboxError::Unavailable(elapsed.into())));
        let (ending, result) = match put {
            Ok(PutOutcome::New | PutOutcome::Duplicate) => (Ending::Done, Ok(())),
            // Two bodies with one signature, in two stores: the spill cannot know which of them is authentic. This one
            // reaches no handler, and an operator decides.
            Ok(PutOutcome::SignatureReused) => {
                let sequence = claimed.attempt.sequence;
                tracing::error!(sequence, "spilled event is dead: its signature is another's");
                let error = "in the inbox, its signature belongs to another event".into();
                (Ending::Dead { error }, Ok(()))
            }
            Err(error) => (Ending::Released, Err(error)),
        };
        self.spill.finish(claimed.attempt, ending).await?;
        result
    }

    /// The spill holds nothing, unless a put has ended since so many had.
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
