use std::{future::pending, sync::OnceLock};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::AbortHandle,
};

/// A runtime for handlers, which may end.
#[derive(Debug)]
pub(crate) struct HandlerRuntime {
    handle: Handle,
    /// A task that never ends by itself. Tokio has no other way to detect that a runtime has ended.
    sentinel: AbortHandle,
}

impl HandlerRuntime {
    pub(crate) fn new(handle: Handle) -> Self {
        let sentinel = handle.spawn(pending::<()>()).abort_handle();
        Self { handle, sentinel }
    }

    /// The current runtime, if it has several threads. On a single thread, a handler that blocks
    /// would keep every delivery from being answered.
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

/// The runtime for handlers: `home` while it runs, or else a small runtime that all hooks of the
/// process share.
pub(crate) fn handler_runtime(home: Option<&HandlerRuntime>) -> Handle {
    let home = home.and_then(HandlerRuntime::handle).cloned();
    home.or_else(|| own().cloned()).unwrap_or_else(Handle::current)
}

fn own() -> Option<&'static Handle> {
    static OWN: OnceLock<Option<Runtime>> = OnceLock::new();
    OWN.get_or_init(|| started("room-hooks", 2)).as_ref().map(Runtime::handle)
}

/// A runtime with one thread for renewing leases, which no handler can block.
pub(crate) fn renewal() -> Option<&'static Handle> {
    static RENEWAL: OnceLock<Option<Runtime>> = OnceLock::new();
    RENEWAL.get_or_init(|| started("room-hooks-renewal", 1)).as_ref().map(Runtime::handle)
}

/// Starts a runtime that lasts as long as the process, so that it does not end with a framework's
/// worker.
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
    fn the_end_of_a_runtime_is_detected() {
        let several = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let runtime = HandlerRuntime::new(several.handle().clone());
        assert!(runtime.handle().is_some());
        drop(several);
        assert!(runtime.handle().is_none());
    }
}
