//! Handles a verified event: claims it, calls its handler, and settles or releases the claim.

use std::{
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{self, sleep, timeout},
};
use tracing::{Instrument, Span, field};

use crate::{
    Callback, Disposition, FailurePolicy, NotDelivered, Provider, Refusal, SignatureKey, Verified,
    adapter::CallbackResponse, event::excerpt, metrics,
};

use super::{
    Inner, SignatureBinding,
    handlers::Handler,
    lease::Lease,
    observer::Subject,
    runtime,
    settings::Settings,
    store::{
        ClaimOutcome, ClaimToken, DeliveryKey, StoreError,
        any::{self, AnyStore, now},
    },
};

impl<P: Provider> Inner<P> {
    /// Handles a delivery in its own task. The sender may hang up at any time, but a claimed
    /// delivery must be handled, and a handled delivery must be settled.
    pub(super) async fn handle(
        self: Arc<Self>,
        verified: Box<Verified<P::Event>>,
    ) -> CallbackResponse {
        let (span, subject) = (span_of(&verified), self.subject(&verified));
        let (handler_timeout, in_flight) = (self.settings.handler_timeout, self.in_flight.clone());
        let runtime = self.handler_runtime();
        let task = in_flight.spawn_on(
            Arc::clone(&self).run(verified, subject.clone()).instrument(span.clone()),
            &runtime,
        );
        let disposition = match timeout(handler_timeout, task).await {
            Ok(Ok(disposition)) => disposition,
            Ok(Err(error)) => {
                span.in_scope(|| tracing::error!(%error, "delivery task failed"));
                self.report(&subject, Disposition::Failed.as_str(), None);
                Disposition::Failed
            }
            Err(_) => {
                span.in_scope(|| {
                    tracing::warn!("handler exceeded its timeout and continues in the background");
                });
                self.report(&subject, Disposition::DeadlineExceeded.as_str(), None);
                Disposition::DeadlineExceeded
            }
        };
        if let Disposition::Refused(refusal) = &disposition {
            NotDelivered::log::<P>(refusal);
        }
        P::response(&disposition)
    }

    /// The runtime that handlers run on.
    pub(super) fn handler_runtime(&self) -> Handle {
        runtime::handler_runtime(self.runtime.as_deref())
    }

    async fn run(
        self: Arc<Self>,
        verified: Box<Verified<P::Event>>,
        subject: Subject,
    ) -> Disposition {
        let disposition = self.dispose(verified).await;
        let outcome = disposition.as_str();
        Span::current().record("outcome", outcome);
        self.report(&subject, outcome, disposition.refusal());
        if matches!(disposition, Disposition::Duplicate | Disposition::InProgress) {
            tracing::info!(outcome, "duplicate delivery");
        }
        disposition
    }

    async fn dispose(&self, verified: Box<Verified<P::Event>>) -> Disposition {
        let delivery = self.delivery_key(&verified);
        #[cfg(feature = "inbox")]
        if let Some(disposition) = self.put(&verified, delivery).await {
            return disposition;
        }
        let kind = verified.event.kind();
        let Some(handler) = self.handlers.of_kind(kind) else {
            self.receiver.unhandled.warn(&verified.event);
            // Even without a handler, the signature is bound, so that it cannot be used for other
            // content.
            let Some(delivery) = delivery else { return Disposition::NoHandler };
            return match self.bind(delivery, self.settings.store_timeout()).await {
                Ok(true) => Disposition::NoHandler,
                Ok(false) => Disposition::Refused(Refusal::SignatureReused),
                Err(_) => Disposition::StoreUnavailable,
            };
        };
        // Without an id, a retry cannot be told from a second event, so nothing is claimed.
        let Some(delivery) = delivery else { return self.call(handler, verified).await };
        let held = match self.claim(delivery).await {
            Ok(ClaimOutcome::Granted(token)) => self.hold(delivery, token),
            Ok(ClaimOutcome::InProgress) => return Disposition::InProgress,
            Ok(ClaimOutcome::Settled) => return Disposition::Duplicate,
            Ok(ClaimOutcome::SignatureReused) => {
                return Disposition::Refused(Refusal::SignatureReused);
            }
            Err(_) if self.settings.store_failure_policy == FailurePolicy::Closed => {
                return Disposition::StoreUnavailable;
            }
            Err(_) => {
                let disposition = self.attempt(handler, delivery, verified).await;
                if disposition == Disposition::Handled {
                    let settled = self.store.settle(delivery, now());
                    let _ = any::run("settle", self.settings.store_timeout(), settled).await;
                }
                return disposition;
            }
        };
        let disposition = self.attempt(handler, delivery, verified).await;
        match disposition {
            Disposition::Handled => self.settle(held).await,
            _ => held.release().await,
        }
        disposition
    }

    /// The delivery's key in the store. `None` if it has no id.
    fn delivery_key(&self, verified: &Verified<P::Event>) -> Option<DeliveryKey> {
        Some(self.settings.key(verified.id()?, self.bound_signature(verified)))
    }

    /// The delivery's signature, if it must be bound to its content.
    pub(super) fn bound_signature<E: Callback>(
        &self,
        verified: &Verified<E>,
    ) -> Option<SignatureKey> {
        let signature = verified.signature.as_ref()?;
        let is_bound = match self.settings.signature_binding {
            SignatureBinding::Unique => signature.is_unique,
            SignatureBinding::Strict => true,
            SignatureBinding::Off => false,
        };
        is_bound.then(|| SignatureKey::of::<P>(verified.app_id, &signature.digest))
    }

    async fn claim(&self, delivery: DeliveryKey) -> Result<ClaimOutcome, StoreError> {
        let claim = self.store.claim(delivery, now());
        let claim = any::run("claim", self.settings.store_timeout(), claim).await;
        let is_known_forgery = matches!(claim, Ok(ClaimOutcome::SignatureReused));
        let is_bound = is_known_forgery || self.bind_in_process(delivery).await;
        match claim {
            Err(_) if !is_bound => Ok(ClaimOutcome::SignatureReused),
            claim => claim,
        }
    }

    /// Binds the signature of a delivery that is not stored, and returns whether the signature
    /// belongs to the delivery. Fails with an error of the store only if the policy is closed.
    pub(super) async fn bind(
        &self,
        delivery: DeliveryKey,
        store_timeout: Duration,
    ) -> Result<bool, StoreError> {
        if delivery.signature.is_none() {
            return Ok(true);
        }
        let bind = self.bind_in_store(delivery, store_timeout).await;
        let is_bound = !matches!(bind, Ok(false)) && self.bind_in_process(delivery).await;
        match bind {
            Err(error) if is_bound => match self.settings.store_failure_policy {
                FailurePolicy::Open => Ok(true),
                FailurePolicy::Closed => Err(error),
            },
            bind => Ok(bind.unwrap_or(false)),
        }
    }

    /// Binds the signature in the inbox, if there is one, or else in the delivery store: where the
    /// signatures of events are bound.
    async fn bind_in_store(
        &self,
        delivery: DeliveryKey,
        store_timeout: Duration,
    ) -> Result<bool, StoreError> {
        #[cfg(feature = "inbox")]
        if let Some(bind) = self.bind_in_inbox(delivery).await {
            return bind;
        }
        any::run("bind", store_timeout, self.store.bind(delivery, now())).await
    }

    /// Binds the signature in this process, too, so that it stays bound while a shared store or the
    /// inbox is full or unavailable. Callers skip this if the store has refused the signature, so
    /// that a forgery does not bind it here.
    pub(super) async fn bind_in_process(&self, delivery: DeliveryKey) -> bool {
        let is_shared = self.renewal.is_some();
        #[cfg(feature = "inbox")]
        let is_shared = is_shared || self.inbox.is_some();
        !is_shared || self.bindings.bind(delivery, now()).await.unwrap_or(true)
    }

    fn hold(&self, delivery: DeliveryKey, token: ClaimToken) -> Held {
        let (store, settings) = (Arc::clone(&self.store), self.settings);
        let renewal = self.renewal.as_ref();
        let lease = renewal.map(|renewal| renewal.keep(delivery, token, settings));
        Held { store, settings, delivery, token, lease, is_over: false }
    }

    /// Settles a handled delivery. If that fails, the sender still receives 200, and settling is
    /// retried in the background for the length of a lease.
    async fn settle(&self, mut held: Held) {
        held.is_over = true;
        if !held.settle().await {
            self.in_flight.spawn(held.settle_later().in_current_span());
        }
    }

    /// Numbers the attempt and runs the handler.
    async fn attempt(
        &self,
        handler: &Handler<P>,
        delivery: DeliveryKey,
        mut verified: Box<Verified<P::Event>>,
    ) -> Disposition {
        let attempt = self.attempts.next(delivery.id, verified.attempt);
        verified.set_attempt(attempt);
        let disposition = self.call(handler, verified).await;
        match disposition {
            Disposition::Handled => self.attempts.handled(delivery.id),
            _ => self.attempts.failed(delivery.id, attempt, delivery.retention),
        }
        disposition
    }

    /// Runs the handler in its own task, so that a panic ends nothing else.
    async fn call(&self, handler: &Handler<P>, verified: Box<Verified<P::Event>>) -> Disposition {
        let begun = now();
        let ended = tokio::spawn((handler.call)(verified).in_current_span()).await;
        metrics::handler(P::NAME, now().duration_since(begun));
        match ended {
            Ok(Ok(())) => return Disposition::Handled,
            Ok(Err(error)) => tracing::error!(error = %any::chain(&*error), "handler failed"),
            Err(_) => tracing::error!("handler panicked"),
        }
        Disposition::Failed
    }
}

/// The span in which a delivery is handled or answered. The empty fields are recorded when they are
/// known.
pub(super) fn span_of<C: Callback>(verified: &Verified<C>) -> Span {
    tracing::info_span!(
        "delivery",
        provider = C::Provider::NAME,
        app_id = verified.app_id,
        event = excerpt(verified.event.name()),
        room_id = verified.event.room_id().map(excerpt),
        secret = verified.secret.map(field::display),
        request_id = verified.request_id.as_deref(),
        outcome = field::Empty,
        decision = field::Empty,
    )
}

/// A granted claim that has been neither settled nor released.
struct Held {
    store: Arc<dyn AnyStore>,
    settings: Settings,
    delivery: DeliveryKey,
    token: ClaimToken,
    /// Renews the claim, if the store's claims need that.
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
        let released = self.store.release(self.delivery, self.token, now());
        let _ = any::run("release", self.settings.store_timeout(), released).await;
    }

    /// Settles the claim, and returns whether that succeeded. No renewal runs meanwhile, because it
    /// would report the lease as lost.
    async fn settle(&self) -> bool {
        let turn = match &self.lease {
            Some(lease) => Some(lease.turn().await),
            None => None,
        };
        let settled = self.store.settle(self.delivery, now());
        let is_settled = any::run("settle", self.settings.store_timeout(), settled).await.is_ok();
        if let Some(mut is_over) = turn {
            *is_over = is_settled;
        }
        is_settled
    }

    async fn settle_later(self) {
        let end = time::Instant::now() + self.delivery.lease;
        let mut pause = Duration::from_millis(100);
        while time::Instant::now() < end {
            sleep(pause).await;
            if self.settle().await {
                return;
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        tracing::error!("handled delivery could not be settled; a retry will be handled again");
        if self.lease.is_none() {
            self.release().await;
        }
    }
}

/// Releases a claim whose task ended without a result, because its runtime ended. With a lease, the
/// claim expires instead. A store in memory needs only one poll.
impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_over && self.lease.is_none() {
            let mut release = self.store.release(self.delivery, self.token, now());
            let _ = release.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
