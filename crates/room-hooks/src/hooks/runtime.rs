use std::future::pending;

use tokio::{runtime::Handle, task::AbortHandle};

/// The runtime that hooks were made in, for as long as it lives.
#[derive(Debug)]
pub(super) struct Home {
    runtime: Handle,
    /// A task that never ends by itself: tokio has no other way to ask whether a runtime has ended.
    sentinel: AbortHandle,
}

impl Home {
    /// The runtime that this is called in, if there is one.
    pub(super) fn here() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let sentinel = runtime.spawn(pending::<()>()).abort_handle();
        Some(Self { runtime, sentinel })
    }

    pub(super) fn runtime(&self) -> Option<&Handle> {
        (!self.sentinel.is_finished()).then_some(&self.runtime)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.sentinel.abort();
    }
}
