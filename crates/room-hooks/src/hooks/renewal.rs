use std::{
    fmt, io,
    sync::{Arc, mpsc},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::{Mutex, OwnedMutexGuard, oneshot},
    task::AbortHandle,
    time::{sleep, timeout},
};
use tracing::Instrument;

use super::{
    run::{now, report},
    settings::Settings,
    store::any::AnyStore,
    store::{ClaimToken, Claimed},
};

/// Renews the leases of running handlers, on a thread and with connections of its own: a handler that
/// blocks its thread, or the whole runtime, must not lose its claim to another worker.
pub(super) struct Renewal {
    store: Arc<dyn AnyStore>,
    runtime: Handle,
    /// The thread ends when this is dropped.
    _running: oneshot::Sender<()>,
}

impl Renewal {
    /// The renewal for a store; nothing if its claims need none, or the system gives no thread.
    pub(super) fn of(store: &dyn AnyStore) -> Option<Self> {
        let store = store.for_renewal()?;
        let (running, ended) = oneshot::channel::<()>();
        let (give, take) = mpsc::sync_channel(1);
        // The runtime is built and dropped there, since here it may not be: this may be an async context.
        let run = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = give.send(Ok(runtime.handle().clone()));
                let _ = runtime.block_on(ended);
            }
            Err(error) => drop(give.send(Err(error))),
        };
        let thread = thread::Builder::new().name("room-hooks-renewal".to_owned()).spawn(run);
        let started = thread.and_then(|_| take.recv().map_err(io::Error::other)?);
        match started {
            Ok(runtime) => Some(Self { store, runtime, _running: running }),
            Err(error) => {
                tracing::error!(%error, "leases are not renewed: their thread cannot be started");
                None
            }
        }
    }

    /// Keeps a claim until the lease that is returned is dropped.
    pub(super) fn keep(&self, delivery: Claimed, token: ClaimToken, settings: Settings) -> Lease {
        let (store, is_over) = (Arc::clone(&self.store), Arc::new(Mutex::new(false)));
        let in_turn = Arc::clone(&is_over);
        let renewing = async move {
            loop {
                // More than once in a lease, so that one failure to renew does not lose it.
                sleep(settings.terms.lease / 3).await;
                let is_over = in_turn.lock().await;
                if *is_over {
                    break;
                }
                let renewed = store.renew(delivery, token, settings.terms, now());
                let renewed = report("renew", timeout(settings.patience(), renewed).await);
                if matches!(renewed, Ok(false)) {
                    tracing::warn!("lease lost: another worker has the claim");
                    break;
                }
            }
        };
        let task = self.runtime.spawn(renewing.in_current_span()).abort_handle();
        Lease { task, is_over }
    }
}

/// A lease that is being renewed.
pub(super) struct Lease {
    task: AbortHandle,
    is_over: Arc<Mutex<bool>>,
}

impl Lease {
    /// Waits for a renewal that is under way, and holds back the next one until the guard is dropped. The guard
    /// says whether the lease is over, after which none follows.
    ///
    /// A renewal that timed out may still reach the store later, and take a released claim back: for one lease.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<bool> {
        Arc::clone(&self.is_over).lock_owned().await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").finish_non_exhaustive()
    }
}
