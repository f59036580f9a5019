use std::sync::Arc;

use tokio::sync::watch;

/// How many handlers are running.
#[derive(Debug, Clone)]
pub(super) struct InFlight(Arc<watch::Sender<usize>>);

impl InFlight {
    /// Counts one more until the guard is dropped.
    pub(super) fn enter(&self) -> Guard {
        self.0.send_modify(|running| *running += 1);
        Guard(self.clone())
    }

    pub(super) async fn drained(&self) {
        // The sender lives as long as `self`, so the wait ends only at zero.
        let _ = self.0.subscribe().wait_for(|running| *running == 0).await;
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One running handler.
#[derive(Debug)]
pub(super) struct Guard(InFlight);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.send_modify(|running| *running -= 1);
    }
}
