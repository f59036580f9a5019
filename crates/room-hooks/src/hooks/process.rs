//! What is done with a verified delivery: claim, handle, settle or release.

use std::{
    convert::Infallible,
    error::Error,
    future::{pending, poll_fn},
    marker::PhantomData,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::time::{self, error::Elapsed, sleep, timeout};
use tracing::{Instrument, Span, field};

use crate::{
    Answer, Outcome, Provider, RoomEvent, SignatureKey, Verified, excerpt::excerpt, id::Uniqueness,
    measure,
};

use super::{
    Hooks,
    claims::{Claim, ClaimToken, Claimed, StoreError},
    ending::Ending,
    handler::{Ready, caught},
    settings::{Binding, Settings, StoreFailure},
    store::AnyStore,
    unstoppable::Unstoppable,
};

/// A verified delivery that is about to be handled.
pub(super) struct Handling<P> {
    work: Unstoppable,
    span: Span,
    event: &'static str,
    /// Whether any answer but the acknowledgement denies what the delivery asks for.
    asks: bool,
    deadline: Duration,
    provider: PhantomData<P>,
}

impl<P: Provider> Handling<P> {
    pub(super) async fn answer(self) -> Answer {
        let Self { work, span, event, asks, deadline, .. } = self;
        let ending = within(deadline, work).await.unwrap_or_else(|_| {
            span.in_scope(|| tracing::warn!("the handler is over its deadline and goes on"));
            measure::delivery(P::NAME, event, Ending::Late.as_str());
            Ending::Late
        });
        let answer = ending.answer::<P>();
        // A failure or delay of ours is no decision.
        if asks && answer.status >= 500 { P::answer(Outcome::Acknowledged) } else { answer }
    }
}

impl<P: Provider> Hooks<P> {
    pub(super) fn handling(&self, verified: Verified<P::Event>) -> Handling<P> {
        let span = tracing::info_span!(
            "delivery",
            provider = P::NAME,
            app_id = verified.app_id,
            event = excerpt(verified.event.name()),
            room_id = verified.event.room_id().map(excerpt),
            secret = verified.secret.map(field::display),
            outcome = field::Empty,
        );
        let event = verified.event.kind();
        let asks = P::asks(&verified.event);
        let runtime = self.home.as_ref().and_then(|home| home.runtime()).cloned();
        let work = self.work(event, verified).instrument(span.clone());
        Handling {
            work: Unstoppable::new(work, runtime),
            span,
            event,
            asks,
            deadline: self.settings.deadline,
            provider: PhantomData,
        }
    }

    fn work(
        &self,
        event: &'static str,
        verified: Verified<P::Event>,
    ) -> impl Future<Output = Ending> + Send + use<P> {
        let process = Process {
            provider: P::NAME,
            delivery: self.claimed(&verified),
            claims: Arc::clone(&self.claims),
            settings: self.settings,
        };
        let (handler, running) = (self.handler_of(verified), self.in_flight.enter());
        async move {
            let ending = process.run(handler).await;
            Span::current().record("outcome", ending.as_str());
            measure::delivery(P::NAME, event, ending.as_str());
            if matches!(ending, Ending::Duplicate | Ending::InProgress) {
                tracing::info!(outcome = ending.as_str(), "a delivery has come again");
            }
            drop(running);
            ending
        }
    }

    fn claimed(&self, verified: &Verified<P::Event>) -> Claimed {
        let signature = verified.signature.filter(|signature| match self.settings.binding {
            Binding::Unique => signature.uniqueness == Uniqueness::Certain,
            Binding::Strict => true,
            Binding::Off => false,
        });
        let signature =
            signature.map(|signature| SignatureKey::of::<P>(verified.app_id, signature));
        Claimed { id: verified.id(), signature }
    }

    fn handler_of(&self, mut verified: Verified<P::Event>) -> Option<Ready> {
        for handler in self.handlers.of_a_kind.iter().chain(&self.handlers.of_others) {
            match handler(verified) {
                Ok(ready) => return Some(ready),
                Err(back) => verified = back,
            }
        }
        None
    }
}

/// One delivery on its way through claim, handler and settlement.
struct Process {
    provider: &'static str,
    delivery: Claimed,
    claims: Arc<dyn AnyStore>,
    settings: Settings,
}

impl Process {
    async fn run(&self, handler: Option<Ready>) -> Ending {
        let Some(handler) = handler else { return self.run_unhandled().await };
        let token = match self.claim().await {
            Ok(Claim::Granted(token)) => Some(token),
            Ok(Claim::InProgress) => return Ending::InProgress,
            Ok(Claim::Settled) => return Ending::Duplicate,
            Ok(Claim::SignatureReused) => return Ending::SignatureReused,
            Err(StoreError::OutOfOrder(_))
                if self.settings.store_failure == StoreFailure::Handle =>
            {
                None
            }
            Err(_) => return Ending::Unclaimable,
        };
        let begun = now();
        let succeeded = self.succeeds(handler, token).await;
        measure::handler(self.provider, now().duration_since(begun));
        match (succeeded, token) {
            (true, _) => self.settle().await,
            (false, Some(token)) => {
                let released = self.claims.release(self.delivery, token, now());
                let _ = self.patiently("release", released).await;
            }
            (false, None) => {}
        }
        if succeeded { Ending::Handled } else { Ending::Failed }
    }

    /// A delivery that nobody asks for has a signature all the same, and it must not serve another.
    async fn run_unhandled(&self) -> Ending {
        if self.delivery.signature.is_none() {
            return Ending::NotAskedFor;
        }
        match self.claim().await {
            Ok(Claim::SignatureReused) => return Ending::SignatureReused,
            Ok(Claim::Granted(_)) => self.settle().await,
            _ => {}
        }
        Ending::NotAskedFor
    }

    async fn claim(&self) -> Result<Claim, StoreError> {
        let claim = self.claims.claim(self.delivery, self.settings.terms, now());
        self.patiently("claim", claim).await
    }

    async fn settle(&self) {
        let settled = self.claims.settle(self.delivery, self.settings.terms, now());
        let _ = self.patiently("settle", settled).await;
    }

    /// Runs the handler, a panic of which ends nothing else, and keeps the claim for as long as that
    /// takes.
    async fn succeeds(&self, mut handler: Ready, token: Option<ClaimToken>) -> bool {
        let handling = poll_fn(|context| {
            let polled = caught(|| handler.as_mut().poll(context));
            polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
        });
        let mut handling = pin!(handling);
        let ended = match first_poll(&mut handling).await {
            Poll::Ready(ended) => ended,
            Poll::Pending => tokio::select! {
                ended = handling => ended,
                never = Box::pin(self.keep_renewing(token)) => match never {},
            },
        };
        match ended {
            Some(Ok(())) => return true,
            Some(Err(error)) => tracing::error!(%error, "the handler failed"),
            None => tracing::error!("the handler panicked"),
        }
        false
    }

    async fn keep_renewing(&self, token: Option<ClaimToken>) -> Infallible {
        let Some(token) = token else { return pending().await };
        loop {
            // More than once in a lease, so that one failure to renew does not lose it.
            sleep(self.settings.terms.lease / 3).await;
            let renewed = self.claims.renew(self.delivery, token, self.settings.terms, now());
            let _ = self.patiently("renew", renewed).await;
        }
    }

    /// Waits for an operation of the store, but not for ever; what goes wrong is logged and counted.
    async fn patiently<T>(
        &self,
        operation: &'static str,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let answer = within(self.settings.patience(), answer)
            .await
            .unwrap_or_else(|elapsed| Err(StoreError::OutOfOrder(elapsed.into())));
        if let Err(error) = &answer {
            let source = error.source().map(field::display);
            tracing::warn!(operation, %error, source, "a claim is not kept as it should be");
            measure::store_error(operation);
        }
        answer
    }
}

/// A future's output, if it comes in time. Most are ready at once: they need no timer, nor room for one.
async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    match first_poll(&mut future).await {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Box::pin(timeout(limit, future)).await,
    }
}

async fn first_poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}

/// The monotonic clock of the runtime, which a test can stop.
fn now() -> Instant {
    time::Instant::now().into_std()
}
