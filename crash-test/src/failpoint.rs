use std::{
    collections::HashMap,
    pin::Pin,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use room_hooks_axum::{
    Callback, DeliveryId, SignatureKey, StoredDelivery,
    inbox::{
        AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxError,
        InboxOperation, InboxStats, InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
    },
    zego::express::RoomCreated,
};
use rustix::process::{Signal, getpid, kill_process};

use super::ledger::{Act, Ledger};

/// The point at which a process kills itself.
///
/// * `committed:7`: when it reaches `committed` for the seventh time.
/// * `poison:8`: whenever it handles event 8.
/// * `freeze:3`: instead, it freezes itself while it handles its third event.
/// * `never`: it does not kill itself.
#[derive(Debug, Clone)]
pub(super) struct Failpoint {
    point: Arc<str>,
    times_left: Arc<AtomicU32>,
}

/// The points in the web process: before a put, during its commit, and between commit and response.
pub(super) const WEB: [&str; 3] = ["put", "committing", "committed"];

/// The points in the worker.
pub(super) const WORKER: [&str; 7] =
    ["claim", "claimed", "started", "handled", "finish", "finishing", "finished"];

impl Failpoint {
    /// Kills the process if `point` is due.
    pub(super) fn reach(&self, point: &str) {
        if self.is_due(point) {
            die();
        }
    }

    /// Freezes the process if that is due.
    pub(super) fn freeze(&self) {
        if self.is_due("freeze") {
            kill_process(getpid(), Signal::STOP).unwrap();
        }
    }

    /// Kills the process if `event` is the poison.
    pub(super) fn swallow(&self, event: u64) {
        if self.has_poison() && u64::from(self.times_left.load(Ordering::SeqCst)) == event {
            die();
        }
    }

    pub(super) fn has_poison(&self) -> bool {
        &*self.point == "poison"
    }

    /// Kills the process after 300 µs if `point` is due, during the operation that follows.
    fn reach_soon(&self, point: &str) {
        if self.is_due(point) {
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_micros(300));
                die();
            });
        }
    }

    fn is_due(&self, point: &str) -> bool {
        &*self.point == point && self.times_left.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

fn die() {
    kill_process(getpid(), Signal::KILL).unwrap();
}

impl FromStr for Failpoint {
    type Err = String;

    fn from_str(point: &str) -> Result<Self, String> {
        let (point, times) = point.split_once(':').unwrap_or((point, "0"));
        let times = times.parse().map_err(|_| format!("not a number: {times:?}"))?;
        Ok(Self { point: point.into(), times_left: Arc::new(AtomicU32::new(times)) })
    }
}

/// An inbox whose process may kill itself before, during or after an operation. Records finished
/// events in the ledger.
#[derive(Debug)]
pub(super) struct Failing {
    inbox: Arc<dyn InboxStore>,
    failpoint: Failpoint,
    ledger: Ledger,
    /// The claimed events by sequence.
    claimed: Mutex<HashMap<i64, u64>>,
}

impl Failing {
    pub(super) fn new(inbox: Arc<dyn InboxStore>, failpoint: Failpoint, ledger: Ledger) -> Self {
        Self { inbox, failpoint, ledger, claimed: Mutex::default() }
    }

    fn note_claimed(&self, claims: &Claims) {
        for claimed in &claims.events {
            let stored: StoredDelivery = serde_json::from_slice(&claimed.event.payload).unwrap();
            let created: RoomCreated = stored.document.decode().unwrap();
            let event = created.session().unwrap();
            self.claimed.lock().unwrap().insert(claimed.attempt.sequence, event);
        }
    }

    fn note_finished(&self, attempt: AttemptId, is_latest: bool) {
        let event = self.claimed.lock().unwrap()[&attempt.sequence];
        self.ledger.note(if is_latest { Act::Finished } else { Act::Lost }, event);
    }
}

impl InboxStore for Failing {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        Box::pin(async {
            self.failpoint.reach("put");
            self.failpoint.reach_soon("committing");
            let outcome = self.inbox.put(event).await;
            self.failpoint.reach("committed");
            outcome
        })
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        Box::pin(async {
            self.failpoint.reach("claim");
            let claims = self.inbox.claim(request).await;
            if let Ok(claims) = &claims
                && !claims.events.is_empty()
            {
                self.note_claimed(claims);
                self.failpoint.reach("claimed");
            }
            claims
        })
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        Box::pin(async move {
            self.failpoint.reach("finish");
            self.failpoint.reach_soon("finishing");
            let is_done = ending == Ending::Done;
            let is_latest = self.inbox.finish(attempt, ending).await;
            self.failpoint.reach("finished");
            if let (Ok(is_latest), true) = (&is_latest, is_done) {
                self.note_finished(attempt, *is_latest);
            }
            is_latest
        })
    }

    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool> {
        self.inbox.bind(signature, id, retention)
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        self.inbox.renew(worker, lease)
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.inbox.retry(sequence)
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        self.inbox.prune(retention, limit)
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        self.inbox.discard(sequence)
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        self.inbox.list(state, after, limit)
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        self.inbox.get(sequence)
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        self.inbox.stats()
    }

    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        self.inbox.for_heartbeat()
    }

    fn poll_interval(&self) -> Duration {
        self.inbox.poll_interval()
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.inbox.notified()
    }
}
