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
    runtime: Handle,
}

impl Unstoppable {
    pub(super) fn new(
        work: impl Future<Output = Ending> + Send + 'static,
        runtime: Handle,
    ) -> Self {
        Self { work: Some(Box::pin(work)), runtime }
    }
}

impl Future for Unstoppable {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        let Self { work, runtime } = &mut *self;
        let Some(polled) = work else { return Poll::Pending };
        // What the handler opens must not end with an actix-web worker that polls it for now.
        let _entered = runtime.enter();
        let polled = caught(|| polled.as_mut().poll(context)).unwrap_or_else(|| {
            tracing::error!("a delivery's work panicked");
            Poll::Ready(Ending::Failed)
        });
        if polled.is_ready() {
            *work = None;
        }
        polled
    }
}

impl Drop for Unstoppable {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.runtime.spawn(work);
        }
    }
}
