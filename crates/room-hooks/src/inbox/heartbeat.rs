use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::hooks::{runtime, store::any::chain};

use super::{InboxError, InboxStore, WorkerId};

/// The leases that a worker's heartbeat renews: their number, by the id under which they were
/// claimed.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<WorkerId, usize>>>);

impl Leases {
    /// Adds a lease, which is renewed until the returned value is dropped.
    pub(super) fn hold(&self, worker: WorkerId) -> Lease {
        *self.lock().entry(worker).or_insert(0) += 1;
        Lease { leases: self.clone(), worker }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkerId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease that is being renewed.
#[derive(Debug)]
pub(super) struct Lease {
    leases: Leases,
    worker: WorkerId,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut leases = self.leases.lock();
        if let Some(held) = leases.get_mut(&self.worker) {
            *held -= 1;
            if *held == 0 {
                leases.remove(&self.worker);
            }
        }
    }
}

/// Renews all leases of a worker until the handle is dropped, on its own thread with its own
/// connection: a handler that blocks its thread, or the whole runtime, must not lose its event to
/// another worker.
pub(super) fn start(
    store: Arc<dyn InboxStore>,
    leases: Leases,
    lease: Duration,
) -> AbortOnDropHandle<()> {
    let runtime = runtime::renewal().cloned().unwrap_or_else(Handle::current);
    AbortOnDropHandle::new(runtime.spawn(beat(store, leases, lease)))
}

async fn beat(store: Arc<dyn InboxStore>, leases: Leases, lease: Duration) {
    let mut own = None;
    loop {
        // Three times per lease, so that one failed renewal does not lose it.
        sleep(lease / 3).await;
        let workers: Vec<WorkerId> = leases.lock().keys().copied().collect();
        for worker in workers {
            let renewed = match own_connection(&mut own, &store).await {
                Ok(store) => timeout(lease / 3, store.renew(worker, lease)).await,
                Err(error) => Ok(Err(error)),
            };
            match renewed {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = %chain(&error), "inbox leases could not be renewed");
                }
                Err(_) => tracing::warn!("inbox leases could not be renewed in time"),
            }
        }
    }
}

/// Opens the connection when it is first needed, so that a worker starts even while its inbox is
/// unavailable. Opening may block, so it runs on a separate thread.
async fn own_connection<'a>(
    own: &'a mut Option<Arc<dyn InboxStore>>,
    store: &Arc<dyn InboxStore>,
) -> Result<&'a Arc<dyn InboxStore>, InboxError> {
    if own.is_none() {
        let shared = Arc::clone(store);
        let opened = spawn_blocking(move || shared.for_heartbeat()).await;
        let opened = opened.map_err(|error| InboxError::Unavailable(error.into()))?;
        *own = Some(opened?.unwrap_or_else(|| Arc::clone(store)));
    }
    Ok(own.get_or_insert_with(|| Arc::clone(store)))
}
