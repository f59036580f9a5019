//! The rules that no interleaving of puts, claims, crashes, freezes and time may break.

mod history;
mod record;

use std::{
    mem,
    time::{Duration, SystemTime},
};

use crate::{
    DeliveryId, SignatureKey,
    inbox::{ClaimRequest, Ending, InboxStore, NewEvent, Retention, WorkerId},
};

use self::history::{Held, History};

// Time advances in multiples of 4 s, and every span differs from such a multiple by 2 s. A clock
// that also runs on its own, for less than 2 s in total, does not change any answer.
const STEP: Duration = Duration::from_secs(4);
const LEASE: Duration = Duration::from_secs(10);
const BACKOFF: Duration = Duration::from_secs(6);
const RETENTION: Duration = Duration::from_secs(42);
const DONE_RETENTION: Duration = Duration::from_secs(22);
/// Longer than all spans together.
const LONG: Duration = Duration::from_secs(1_000_000);

const MAX_CRASHES: u32 = 2;

/// Interprets bytes as actions of senders and of three workers, and checks each answer of an inbox
/// against its past. Use it in tests that generate the bytes, randomly or with a fuzzer. The inbox
/// must be empty.
///
/// * An event has only one lease at a time.
/// * An event becomes done or dead once, through its latest attempt.
/// * Duplicates, and events whose signature belongs to another event, are not stored.
/// * Claims that are ordered by room keep the order, and suspects run alone.
/// * Events are never lost: in the end, a new worker finds every event that was put and not
///   finished.
///
/// `wait` advances the clock of the inbox. Otherwise the clock must stand still, or advance by less
/// than 2 s in total.
///
/// ```
/// use room_hooks::{inbox::MemoryInbox, testing::inbox_history};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let actions = [0, 1, 0, 4, 0, 7, 0];
/// inbox_history(&MemoryInbox::new(), &actions, tokio::time::advance).await;
/// # }
/// ```
///
/// # Panics
///
/// The inbox breaks one of these rules. The message contains the history.
// For rustdoc, as on `Hooks`.
#[cfg(feature = "inbox")]
pub async fn inbox_history<S: InboxStore>(store: &S, acts: &[u8], wait: impl AsyncFn(Duration)) {
    let mut play = Play {
        store,
        wait,
        history: History::default(),
        workers: [1, 2, 3].map(Actor::new).into(),
        frozen: Vec::new(),
        last_worker: 3,
    };
    let mut bytes = acts.iter().copied();
    // Missing bytes count as zero.
    while let Some(act) = bytes.next() {
        play.act(act, || bytes.next().unwrap_or_default()).await;
    }
    play.end(acts.len().is_multiple_of(2)).await;
}

/// Senders and workers, with an inbox.
struct Play<'a, S, W> {
    store: &'a S,
    wait: W,
    history: History,
    workers: Vec<Actor>,
    /// Frozen workers, which may still renew their leases or finish their attempts.
    frozen: Vec<Actor>,
    last_worker: i64,
}

/// A worker and the attempts that it knows of. A crash clears them.
struct Actor {
    id: WorkerId,
    held: Vec<Held>,
}

impl Actor {
    fn new(id: i64) -> Self {
        Self { id: WorkerId(id), held: Vec::new() }
    }
}

impl<S: InboxStore, W: AsyncFn(Duration)> Play<'_, S, W> {
    async fn act(&mut self, act: u8, mut next: impl FnMut() -> u8) {
        let worker = usize::from(act / 16) % self.workers.len();
        match act % 16 {
            0..=2 => self.put(next(), next()).await,
            3 => self.bind(next()).await,
            4..=6 => self.claim(worker, next()).await,
            7 | 8 => {
                let Some(held) = take(&mut self.workers[worker].held, act / 64) else { return };
                self.finish(held, next()).await;
            }
            9 => drop(self.restart(worker)),
            10 => {
                let frozen = self.restart(worker);
                self.frozen.push(frozen);
            }
            11 => self.thaw(next(), next()).await,
            12 => self.renew(self.workers[worker].id).await,
            13 => match next() {
                byte @ ..192 => self.retry(byte).await,
                byte => self.discard(byte).await,
            },
            14 => self.prune().await,
            _ => self.pass(STEP * (1 + u32::from(act / 16) % 4)).await,
        }
    }

    async fn pass(&mut self, span: Duration) {
        (self.wait)(span).await;
        self.history.pass(span);
    }

    async fn put(&mut self, event: u8, signature: u8) {
        // The last event has no id.
        let number = event % 6;
        let payload = self.history.next_payload();
        let mut event = NewEvent::new("test/event", payload, SystemTime::UNIX_EPOCH);
        event.retention = RETENTION;
        event.room = match number % 3 {
            0 => None,
            room => Some(format!("zego/1/{room}")),
        };
        if number < 5 {
            event.id = Some(DeliveryId::from_bytes([number; 16]));
            event.signature = signature_of(signature);
        }
        let outcome = self.store.put(event.clone()).await;
        self.history.put(&event, outcome.expect("the inbox has room"));
    }

    async fn bind(&mut self, byte: u8) {
        let Some(signature) = signature_of(byte % 4) else { return };
        let id = DeliveryId::from_bytes([byte / 4 % 8; 16]);
        let bound = self.store.bind(signature, id, RETENTION).await.expect("the inbox has room");
        self.history.bind(signature, id, bound);
    }

    async fn claim(&mut self, worker: usize, byte: u8) {
        let Actor { id, held } = &mut self.workers[worker];
        let request = ClaimRequest {
            is_ordered: byte.is_multiple_of(2),
            is_idle: held.is_empty(),
            max_crashes: MAX_CRASHES,
            ..ClaimRequest::new(*id, 1 + usize::from(byte / 2 % 3), LEASE)
        };
        // A worker with a suspect waits until the suspect is finished, because suspects run alone.
        if held.iter().any(|held| held.is_suspect) {
            return;
        }
        let claims = self.store.claim(request.clone()).await.expect("the inbox is available");
        held.extend(self.history.claim(&request, &claims));
    }

    async fn finish(&mut self, held: Held, byte: u8) {
        let error = String::from("the handler failed");
        let ending = match byte % 8 {
            0..=2 => Ending::Done,
            3 | 4 => Ending::Retry { after: BACKOFF, error },
            5 | 6 => Ending::Dead { error },
            _ => Ending::Released,
        };
        let is_ended = self.store.finish(held.attempt, ending.clone()).await;
        self.history.finish(held.attempt, &ending, is_ended.expect("the inbox is available"));
    }

    /// Restarts a worker after a crash or a freeze, and returns the old one.
    fn restart(&mut self, worker: usize) -> Actor {
        self.last_worker += 1;
        self.history.note(format!(
            "worker {} crashes or freezes; {} begins",
            self.workers[worker].id.0, self.last_worker
        ));
        mem::replace(&mut self.workers[worker], Actor::new(self.last_worker))
    }

    /// A frozen worker resumes, to renew its leases or to finish an attempt.
    async fn thaw(&mut self, which: u8, byte: u8) {
        let count = self.frozen.len();
        let Some(frozen) = self.frozen.get_mut(usize::from(which) % count.max(1)) else { return };
        if byte >= 128 {
            let id = frozen.id;
            return self.renew(id).await;
        }
        // The attempt is kept, so that the worker can finish it again.
        let index = usize::from(byte / 8) % frozen.held.len().max(1);
        let Some(held) = frozen.held.get(index).copied() else { return };
        self.finish(held, byte).await;
    }

    async fn renew(&mut self, worker: WorkerId) {
        self.store.renew(worker, LEASE).await.expect("the inbox is available");
        self.history.renew(worker);
    }

    async fn retry(&mut self, byte: u8) {
        let Some(sequence) = self.history.sequence(byte) else { return };
        let is_ready = self.store.retry(sequence).await.expect("the inbox is available");
        self.history.retry(sequence, is_ready);
    }

    async fn discard(&mut self, byte: u8) {
        let Some(sequence) = self.history.sequence(byte) else { return };
        let is_removed = self.store.discard(sequence).await.expect("the inbox is available");
        self.history.discard(sequence, is_removed);
    }

    async fn prune(&mut self) {
        let retention = Retention::new(DONE_RETENTION, LONG);
        let pruned = self.store.prune(retention, 1_000).await.expect("the inbox is available");
        self.history.prune(pruned);
    }

    /// All workers crash, and a new one finishes the remaining events.
    async fn end(&mut self, is_ordered: bool) {
        self.workers = vec![Actor::new(self.last_worker + 1)];
        self.history.note("all workers crash; a new one begins".into());
        loop {
            self.pass(STEP * 4).await;
            let Actor { id, held } = &mut self.workers[0];
            let request = ClaimRequest {
                is_ordered,
                max_crashes: MAX_CRASHES,
                ..ClaimRequest::new(*id, 4, LEASE)
            };
            let claims = self.store.claim(request.clone()).await.expect("the inbox is available");
            held.extend(self.history.claim(&request, &claims));
            if held.is_empty() {
                break;
            }
            for held in mem::take(held) {
                self.finish(held, 0).await;
            }
        }
        for sequence in self.history.perhaps_dead() {
            let is_ready = self.store.retry(sequence).await.expect("the inbox is available");
            self.history.retry(sequence, is_ready);
            if is_ready {
                let request = ClaimRequest::new(self.workers[0].id, 1, LEASE);
                let claims =
                    self.store.claim(request.clone()).await.expect("the inbox is available");
                for held in self.history.claim(&request, &claims) {
                    self.finish(held, 0).await;
                }
            }
        }
        let stats = self.store.stats().await.expect("the inbox is available");
        self.history.end(&stats);
    }
}

fn signature_of(byte: u8) -> Option<SignatureKey> {
    let number = byte % 4;
    (number > 0).then(|| SignatureKey::from_bytes([number; 16]))
}

fn take(held: &mut Vec<Held>, which: u8) -> Option<Held> {
    let index = usize::from(which) % held.len().max(1);
    (index < held.len()).then(|| held.remove(index))
}
