//! Hooks whose handlers run on the test's runtime, so that they share its clock and subscribers.

use room_hooks::{Hooks, Provider, Receiver};
use tokio::runtime::Handle;

/// Creates hooks on the test's runtime, or on the default runtime if the test has none.
pub(crate) fn hooks_here<P: Provider>(receiver: impl Into<Receiver<P>>) -> Hooks<P> {
    let hooks = Hooks::new(receiver);
    match Handle::try_current() {
        Ok(runtime) => hooks.with_runtime(runtime),
        Err(_) => hooks,
    }
}
