use std::{fmt, sync::Arc, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::{Mutex, oneshot},
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::{
    claims::{ClaimToken, Claimed},
    process::{now, report},
    settings::Settings,
    store::AnyStore,
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
        let started = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let handle = runtime.handle().clone();
            let (running, ended) = oneshot::channel::<()>();
            let run = move || drop(runtime.block_on(ended));
            thread::Builder::new().name("room-hooks-renewal".to_owned()).spawn(run)?;
            Ok((handle, running))
        });
        match started {
            Ok((runtime, running)) => Some(Self { store, runtime, _running: running }),
            Err(error) => {
                tracing::error!(%error, "leases are not renewed: their thread cannot be started");
                None
            }
        }
    }

    /// Keeps a claim until the lease that is returned is dropped.
    pub(super) fn keep(&self, delivery: Claimed, token: ClaimToken, settings: Settings) -> Lease {
        let (store, busy) = (Arc::clone(&self.store), Arc::new(Mutex::new(())));
        let in_turn = Arc::clone(&busy);
        let renewing = async move {
            loop {
                // More than once in a lease, so that one failure to renew does not lose it.
                sleep(settings.terms.lease / 3).await;
                let _turn = in_turn.lock().await;
                let renewed = store.renew(delivery, token, settings.terms, now());
                let renewed = report("renew", timeout(settings.patience(), renewed).await);
                if matches!(renewed, Ok(false)) {
                    tracing::warn!("lease lost: another worker has the claim");
                    break;
                }
            }
        };
        Lease { task: self.runtime.spawn(renewing).abort_handle(), busy }
    }
}

/// A lease that is being renewed.
pub(super) struct Lease {
    task: AbortHandle,
    busy: Arc<Mutex<()>>,
}

impl Lease {
    /// Stops the renewal. One that is under way has ended by then: it would take a released claim back.
    pub(super) async fn stop(self) {
        let _turn = self.busy.lock().await;
        self.task.abort();
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
