//! What is done with a verified delivery: claim, handle, settle or release.

use std::{
    error::Error,
    future::poll_fn,
    marker::PhantomData,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use tokio::time::{self, error::Elapsed, sleep, timeout};
use tracing::{Instrument, Span, field};

use crate::{
    Answer, Outcome, Provider, RoomEvent, SignatureKey, Verified, event::excerpt::excerpt,
    event::id::Uniqueness, metrics,
};

use super::{
    Hooks, MemoryClaims,
    ending::Ending,
    handler::{Ready, caught},
    in_flight::InFlight,
    renewal::{Lease, Renewal},
    settings::{Binding, FailurePolicy, Settings},
    store::any::AnyStore,
    store::{Claim, ClaimToken, Claimed, StoreError},
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
            metrics::delivery(P::NAME, event, Ending::Late.as_str());
            Ending::Late
        });
        let answer = ending.answer::<P>();
        // Our own failure or delay does not decide what was asked.
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
            store: Store { claims: Arc::clone(&self.claims), settings: self.settings },
            renewal: self.renewal.clone(),
            bindings: Arc::clone(&self.bindings),
            in_flight: self.in_flight.clone(),
        };
        let (handler, running) = (self.handler_of(verified), self.in_flight.enter());
        async move {
            let ending = process.run(handler).await;
            Span::current().record("outcome", ending.as_str());
            metrics::delivery(P::NAME, event, ending.as_str());
            if matches!(ending, Ending::Duplicate | Ending::InProgress) {
                tracing::info!(outcome = ending.as_str(), "a delivery has come again");
            }
            drop(running);
            ending
        }
    }

    /// The delivery as the store knows it; nothing if it has no id.
    fn claimed(&self, verified: &Verified<P::Event>) -> Option<Claimed> {
        let signature = verified.signature.filter(|signature| match self.settings.binding {
            Binding::Unique => signature.uniqueness == Uniqueness::Certain,
            Binding::Strict => true,
            Binding::Off => false,
        });
        let signature =
            signature.map(|signature| SignatureKey::of::<P>(verified.app_id, signature));
        Some(Claimed { id: verified.id()?, signature })
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
    /// Nothing if no retry can be told from a second event: then nothing is claimed.
    delivery: Option<Claimed>,
    store: Store,
    renewal: Option<Arc<Renewal>>,
    bindings: Arc<MemoryClaims>,
    in_flight: InFlight,
}

impl Process {
    async fn run(&self, handler: Option<Ready>) -> Ending {
        match (handler, self.delivery) {
            (None, None) => Ending::NotAskedFor,
            (None, Some(delivery)) => self.run_unhandled(delivery).await,
            (Some(handler), None) => self.handle(handler).await,
            (Some(handler), Some(delivery)) => self.run_claimed(delivery, handler).await,
        }
    }

    async fn run_claimed(&self, delivery: Claimed, handler: Ready) -> Ending {
        let held = match self.claim(delivery).await {
            Ok(Claim::Granted(token)) => self.hold(delivery, token),
            Ok(Claim::InProgress) => return Ending::InProgress,
            Ok(Claim::Settled) => return Ending::Duplicate,
            Ok(Claim::SignatureReused) => return Ending::SignatureReused,
            Err(_) if self.store.settings.on_store_failure == FailurePolicy::Open => {
                let ending = self.handle(handler).await;
                if ending == Ending::Handled {
                    let _ = self.store.settle(delivery).await;
                }
                return ending;
            }
            Err(_) => return Ending::Unclaimable,
        };
        let ending = self.handle(handler).await;
        match ending {
            Ending::Handled => self.settle(held).await,
            _ => held.release().await,
        }
        ending
    }

    /// A delivery without a handler has a signature all the same, which must not serve another content.
    async fn run_unhandled(&self, delivery: Claimed) -> Ending {
        if delivery.signature.is_none() {
            return Ending::NotAskedFor;
        }
        match self.claim(delivery).await {
            Ok(Claim::SignatureReused) => return Ending::SignatureReused,
            Ok(Claim::Granted(token)) => self.settle(self.hold(delivery, token)).await,
            _ => {}
        }
        Ending::NotAskedFor
    }

    async fn claim(&self, delivery: Claimed) -> Result<Claim, StoreError> {
        let claim = self.store.claim(delivery).await;
        // Bound here as well, a signature stays bound while the store that processes share is full or
        // unavailable. Not if the store knows better: a forgery must not bind it here.
        if self.renewal.is_some()
            && let Some(signature) = delivery.signature
            && !matches!(claim, Ok(Claim::SignatureReused))
        {
            let terms = self.store.settings.terms;
            let bound = self.bindings.bind(signature, delivery.id, terms, now());
            if claim.is_err() && matches!(bound, Ok(false)) {
                return Ok(Claim::SignatureReused);
            }
        }
        claim
    }

    fn hold(&self, delivery: Claimed, token: ClaimToken) -> Held {
        let settings = self.store.settings;
        let renewal = self.renewal.as_ref();
        let lease = renewal.map(|renewal| renewal.keep(delivery, token, settings));
        Held { store: self.store.clone(), delivery, token, lease, is_over: false }
    }

    /// Notes that a delivery was handled. If that fails, the sender is answered all the same, and it is
    /// tried again in the background, for the length of a lease.
    async fn settle(&self, mut held: Held) {
        held.is_over = true;
        if held.settle().await {
            return;
        }
        let running = self.in_flight.enter();
        let settling = async move {
            held.settle_later().await;
            drop(running);
        };
        tokio::spawn(settling.in_current_span());
    }

    /// Runs the handler, a panic of which ends nothing else.
    async fn handle(&self, mut handler: Ready) -> Ending {
        let begun = now();
        let ended = poll_fn(|context| {
            let polled = caught(|| handler.as_mut().poll(context));
            polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
        })
        .await;
        metrics::handler(self.provider, now().duration_since(begun));
        match ended {
            Some(Ok(())) => return Ending::Handled,
            Some(Err(error)) => tracing::error!(%error, "the handler failed"),
            None => tracing::error!("the handler panicked"),
        }
        Ending::Failed
    }
}

/// A claim that was granted, and has neither been settled nor released yet.
struct Held {
    store: Store,
    delivery: Claimed,
    token: ClaimToken,
    /// In a store whose claims need renewal.
    lease: Option<Lease>,
    is_over: bool,
}

impl Held {
    async fn release(mut self) {
        self.is_over = true;
        if let Some(lease) = self.lease.take() {
            // A renewal after the release would take the claim back.
            *lease.turn().await = true;
        }
        self.store.release(self.delivery, self.token).await;
    }

    /// Tells whether it could be settled. No renewal runs meanwhile, since it would find the lease lost.
    async fn settle(&self) -> bool {
        let turn = match &self.lease {
            Some(lease) => Some(lease.turn().await),
            None => None,
        };
        let is_settled = self.store.settle(self.delivery).await.is_ok();
        if let Some(mut is_over) = turn {
            *is_over = is_settled;
        }
        is_settled
    }

    async fn settle_later(self) {
        let end = time::Instant::now() + self.store.settings.terms.lease;
        let mut pause = Duration::from_millis(100);
        while time::Instant::now() < end {
            sleep(pause).await;
            if self.settle().await {
                return;
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        tracing::error!("a handled delivery could not be settled: a retry is handled again");
        if self.lease.is_none() {
            self.store.release(self.delivery, self.token).await;
        }
    }
}

/// A task that ends without a result, because its runtime does, gives the claim back where no lease would:
/// one poll is all that a store in memory needs.
impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_over && self.lease.is_none() {
            let mut release = self.store.claims.release(self.delivery, self.token, now());
            let _ = release.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// The store of claims, waited for no longer than a sender allows.
#[derive(Clone)]
struct Store {
    claims: Arc<dyn AnyStore>,
    settings: Settings,
}

impl Store {
    async fn claim(&self, delivery: Claimed) -> Result<Claim, StoreError> {
        let claim = self.claims.claim(delivery, self.settings.terms, now());
        report("claim", within(self.settings.patience(), claim).await)
    }

    async fn settle(&self, delivery: Claimed) -> Result<(), StoreError> {
        let settled = self.claims.settle(delivery, self.settings.terms, now());
        report("settle", within(self.settings.patience(), settled).await)
    }

    async fn release(&self, delivery: Claimed, token: ClaimToken) {
        let released = self.claims.release(delivery, token, now());
        let _ = report("release", within(self.settings.patience(), released).await);
    }
}

/// Logs and counts a failure of the store.
pub(super) fn report<T>(
    operation: &'static str,
    answer: Result<Result<T, StoreError>, Elapsed>,
) -> Result<T, StoreError> {
    let answer = answer.unwrap_or_else(|elapsed| Err(StoreError::OutOfOrder(elapsed.into())));
    if let Err(error) = &answer {
        let source = error.source().map(field::display);
        tracing::warn!(operation, %error, source, "a claim is not kept as it should be");
        metrics::store_error(operation);
    }
    answer
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
pub(super) fn now() -> Instant {
    time::Instant::now().into_std()
}
