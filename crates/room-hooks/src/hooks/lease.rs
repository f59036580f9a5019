use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard},
    task::AbortHandle,
    time::sleep,
};
use tracing::Instrument;

use super::{
    runtime,
    settings::Settings,
    store::{
        ClaimToken, DeliveryKey,
        any::{self, AnyStore, now},
    },
};

/// Renews the leases of running handlers, on its own thread with its own connections: a handler
/// that blocks its thread, or the whole runtime, must not lose its claim to another process.
pub(super) struct Renewal {
    store: Arc<dyn AnyStore>,
    runtime: &'static Handle,
}

impl Renewal {
    /// The renewal for a store. `None` if its claims need none, or no thread could be started.
    pub(super) fn of(store: &dyn AnyStore) -> Option<Self> {
        Some(Self { store: store.for_renewal()?, runtime: runtime::renewal()? })
    }

    /// Renews a claim until the returned lease is dropped.
    pub(super) fn keep(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        settings: Settings,
    ) -> Lease {
        let (store, is_over) = (Arc::clone(&self.store), Arc::new(Mutex::new(false)));
        let in_turn = Arc::clone(&is_over);
        let renewing = async move {
            loop {
                // Three times per lease, so that one failed renewal does not lose it.
                sleep(delivery.lease / 3).await;
                let is_over = in_turn.lock().await;
                if *is_over {
                    break;
                }
                let renewed = store.renew(delivery, token, now());
                if let Ok(false) = any::run("renew", settings.store_timeout(), renewed).await {
                    tracing::warn!("lease lost to another worker");
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
    /// Waits for a renewal in progress, and holds back the next one until the guard is dropped.
    /// Setting the guard to `true` ends the lease: no renewal follows.
    ///
    /// A renewal that timed out may still reach the store later, and take a released claim back for
    /// one lease.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<bool> {
        Arc::clone(&self.is_over).lock_owned().await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.task.abort();
    }
}
