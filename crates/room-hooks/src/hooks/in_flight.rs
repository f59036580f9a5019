use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// How many handlers are running.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    running: AtomicUsize,
    none: Notify,
}

impl InFlight {
    /// Counts one more until the guard is dropped.
    pub(super) fn enter(&self) -> Guard {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }

    pub(super) async fn drained(&self) {
        loop {
            // Asked for before the look, so that an end in between is not missed.
            let none = self.0.none.notified();
            if self.0.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            none.await;
        }
    }
}

/// One running handler.
#[derive(Debug)]
pub(super) struct Guard(InFlight);

impl Drop for Guard {
    fn drop(&mut self) {
        let Count { running, none } = &*self.0.0;
        if running.fetch_sub(1, Ordering::SeqCst) == 1 {
            none.notify_waiters();
        }
    }
}
