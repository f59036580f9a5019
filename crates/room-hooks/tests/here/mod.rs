//! Hooks whose handlers run on the runtime of the test, so that they share its clock and its subscribers.

use room_hooks::{Hooks, Provider, Receiver};
use tokio::runtime::Handle;

/// The hooks of a test; where it has no runtime, the default.
pub(crate) fn hooks_here<P: Provider>(receiver: impl Into<Receiver<P>>) -> Hooks<P> {
    let hooks = Hooks::new(receiver);
    match Handle::try_current() {
        Ok(runtime) => hooks.with_runtime(runtime),
        Err(_) => hooks,
    }
}
