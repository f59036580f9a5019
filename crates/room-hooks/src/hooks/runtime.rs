use std::{future::pending, sync::OnceLock};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::AbortHandle,
};

/// A runtime to run handlers on, for as long as it lives.
#[derive(Debug)]
pub(crate) struct HandlerRuntime {
    handle: Handle,
    /// A task that never ends by itself: tokio has no other way to ask whether a runtime has ended.
    sentinel: AbortHandle,
}

impl HandlerRuntime {
    pub(crate) fn new(handle: Handle) -> Self {
        let sentinel = handle.spawn(pending::<()>()).abort_handle();
        Self { handle, sentinel }
    }

    /// The runtime that this is called in, if it has several threads: on a single one, a handler that blocks
    /// it would keep everything from being answered.
    pub(crate) fn here() -> Option<Self> {
        let handle = Handle::try_current().ok()?;
        (handle.metrics().num_workers() > 1).then(|| Self::new(handle))
    }

    fn handle(&self) -> Option<&Handle> {
        (!self.sentinel.is_finished()).then_some(&self.handle)
    }
}

impl Drop for HandlerRuntime {
    fn drop(&mut self) {
        self.sentinel.abort();
    }
}

/// Where handlers run: at home, as long as that lives, or on a small runtime that all hooks of the process share.
pub(crate) fn handler_runtime(home: Option<&HandlerRuntime>) -> Handle {
    let home = home.and_then(HandlerRuntime::handle).cloned();
    home.or_else(|| own().cloned()).unwrap_or_else(Handle::current)
}

fn own() -> Option<&'static Handle> {
    static OWN: OnceLock<Option<Runtime>> = OnceLock::new();
    OWN.get_or_init(|| started("room-hooks", 2)).as_ref().map(Runtime::handle)
}

/// A runtime with one thread for the renewal of leases, which no handler can block.
pub(crate) fn renewal() -> Option<&'static Handle> {
    static RENEWAL: OnceLock<Option<Runtime>> = OnceLock::new();
    RENEWAL.get_or_init(|| started("room-hooks-renewal", 1)).as_ref().map(Runtime::handle)
}

/// A runtime that lasts as long as the process, so that no worker of a framework takes it down.
fn started(name: &str, threads: usize) -> Option<Runtime> {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).thread_name(name).enable_all().build();
    runtime.inspect_err(|error| tracing::error!(%error, name, "runtime could not be started")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_with_a_single_thread_runs_no_handlers() {
        let here = || HandlerRuntime::here().is_some();
        assert!(!here(), "there is no runtime");
        let single = Builder::new_current_thread().build().unwrap();
        assert!(!single.block_on(async { here() }));
        for (workers, is_used) in [(1, false), (2, true)] {
            let several = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
            assert_eq!(several.block_on(async { here() }), is_used, "{workers}");
        }
    }

    #[test]
    fn a_runtime_that_has_ended_is_known() {
        let several = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let runtime = HandlerRuntime::new(several.handle().clone());
        assert!(runtime.handle().is_some());
        drop(several);
        assert!(runtime.handle().is_none());
    }
}
