use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

use super::{ending::Ending, handler::caught};

/// Work on a delivery, which goes on in a task of its own when nobody waits for it any more: what is
/// claimed must be handled, and what is handled settled.
///
/// While somebody waits it needs no task, and no switch from one to another.
pub(super) struct Unstoppable {
    work: Option<Pin<Box<dyn Future<Output = Ending> + Send>>>,
    is_begun: bool,
    /// Where it goes on; if it is not known, where it was begun.
    runtime: Option<Handle>,
}

impl Unstoppable {
    pub(super) fn new(
        work: impl Future<Output = Ending> + Send + 'static,
        runtime: Option<Handle>,
    ) -> Self {
        Self { work: Some(Box::pin(work)), is_begun: false, runtime }
    }
}

impl Future for Unstoppable {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        let Self { work: slot, is_begun, runtime } = &mut *self;
        let Some(work) = slot else { return Poll::Pending };
        *is_begun = true;
        // What the handler opens must not end with an actix-web worker that polls it for now.
        let _entered = runtime.get_or_insert_with(Handle::current).enter();
        let polled = caught(|| work.as_mut().poll(context)).unwrap_or_else(|| {
            tracing::error!("a delivery's work panicked");
            Poll::Ready(Ending::Failed)
        });
        if polled.is_ready() {
            *slot = None;
        }
        polled
    }
}

impl Drop for Unstoppable {
    fn drop(&mut self) {
        if let (true, Some(work), Some(runtime)) = (self.is_begun, self.work.take(), &self.runtime)
        {
            runtime.spawn(work);
        }
    }
}
