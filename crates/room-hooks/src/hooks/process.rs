//! What is done with a verified delivery: claim, handle, settle or release.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinHandle,
    time::{self, timeout},
};
use tracing::{Instrument, Span, field};

use crate::{
    Answer, Outcome, Provider, Refusal, RoomEvent, Unhandled, Verified, id::Uniqueness, measure,
};

use super::{
    Hooks,
    claims::{Claim, ClaimToken, Claimed, StoreError},
    handler::Ready,
    settings::{Binding, Settings, WithoutClaims},
    store::AnyStore,
};

/// How a verified delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// No handler asks for it.
    NotAskedFor,
    /// The handler has returned.
    Handled,
    /// It had been handled before.
    Duplicate,
    /// Another try of it is being handled.
    InProgress,
    /// Its signature belongs to another.
    SignatureReused,
    /// The handler returned an error or panicked.
    Failed,
    /// The handler is still running.
    Late,
    /// Nobody could say whether it is to be handled.
    Unclaimable,
}

impl Ending {
    fn answer<P: Provider>(self) -> Answer {
        match self {
            Self::NotAskedFor | Self::Handled | Self::Duplicate => P::answer(Outcome::Acknowledged),
            Self::SignatureReused => Unhandled::refused::<P>(Refusal::SignatureReused).answer,
            Self::Failed => P::answer(Outcome::Failed),
            Self::InProgress | Self::Late | Self::Unclaimable => P::answer(Outcome::Unavailable),
        }
    }

    /// The name in logs and metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::NotAskedFor => "not_asked_for",
            Self::Handled => "handled",
            Self::Duplicate => "duplicate",
            Self::InProgress => "in_progress",
            Self::SignatureReused => "signature_reused",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Unclaimable => "unclaimable",
        }
    }
}

impl<P: Provider> Hooks<P> {
    pub(super) async fn handle(&self, verified: Verified<P::Event>) -> Answer {
        let span = tracing::info_span!(
            "delivery",
            provider = P::NAME,
            app_id = verified.app_id,
            event = verified.event.name(),
            room_id = verified.event.room_id(),
            secret = verified.secret.map(field::display),
            outcome = field::Empty,
        );
        let event = verified.event.kind();
        let ending = self.ending(verified).instrument(span.clone()).await;
        span.record("outcome", ending.as_str());
        if ending != Ending::SignatureReused {
            measure::delivery(P::NAME, event, ending.as_str());
        }
        span.in_scope(|| ending.answer::<P>())
    }

    async fn ending(&self, verified: Verified<P::Event>) -> Ending {
        let delivery = Claimed {
            id: verified.id(),
            signature: verified.signature.filter(|signature| match self.settings.binding {
                Binding::Unique => signature.uniqueness == Uniqueness::Certain,
                Binding::Strict => true,
                Binding::Off => false,
            }),
        };
        let Some(handler) = self.handler_of(verified) else { return Ending::NotAskedFor };
        let process = Process {
            provider: P::NAME,
            delivery,
            claims: Arc::clone(&self.claims),
            settings: self.settings,
        };
        let running = self.in_flight.enter();
        // A task of its own, because the sender may hang up at any time, and what is claimed must be
        // handled, what is handled settled.
        let task = async move {
            let ending = process.run(handler).await;
            drop(running);
            ending
        };
        let task = tokio::spawn(task.instrument(Span::current()));
        match timeout(self.settings.deadline, task).await {
            Ok(Ok(ending)) => ending,
            Ok(Err(_)) => Ending::Failed,
            Err(_) => {
                tracing::warn!("the handler is over its deadline and goes on");
                Ending::Late
            }
        }
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
    async fn run(&self, handler: Ready) -> Ending {
        let claim = self.claims.claim(self.delivery, self.settings.terms, now()).await;
        let token = match claim {
            Ok(Claim::Granted(token)) => Some(token),
            Ok(Claim::InProgress) => return Ending::InProgress,
            Ok(Claim::Settled) => return Ending::Duplicate,
            Ok(Claim::SignatureReused) => return Ending::SignatureReused,
            Err(error) => {
                warn("claim", &error);
                match (error, self.settings.without_claims) {
                    (StoreError::OutOfOrder(_), WithoutClaims::Handle) => None,
                    _ => return Ending::Unclaimable,
                }
            }
        };
        let begun = now();
        let succeeded = self.succeeds(handler, token).await;
        measure::handler(self.provider, now().duration_since(begun));
        let noted = match (succeeded, token) {
            (true, _) => self.claims.settle(self.delivery, self.settings.terms, now()).await,
            (false, Some(token)) => self.claims.release(self.delivery, token, now()).await,
            (false, None) => Ok(()),
        };
        if let Err(error) = noted {
            warn(if succeeded { "settle" } else { "release" }, &error);
        }
        if succeeded { Ending::Handled } else { Ending::Failed }
    }

    /// Runs the handler, in a task of its own so that a panic ends nothing else, and keeps the claim
    /// for as long as that takes.
    async fn succeeds(&self, handler: Ready, token: Option<ClaimToken>) -> bool {
        let handling = async move { handler().await };
        let mut task: JoinHandle<_> = tokio::spawn(handling.instrument(Span::current()));
        // More than once in a lease, so that one failure to renew does not lose it.
        let interval = (self.settings.terms.lease / 3).max(Duration::from_millis(1));
        let mut renewal = time::interval(interval);
        renewal.tick().await;
        loop {
            tokio::select! {
                ended = &mut task => return match ended {
                    Ok(Ok(())) => true,
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the handler failed");
                        false
                    }
                    Err(_) => {
                        tracing::error!("the handler panicked");
                        false
                    }
                },
                _ = renewal.tick() => if let Some(token) = token {
                    let terms = self.settings.terms;
                    if let Err(error) = self.claims.renew(self.delivery, token, terms, now()).await {
                        warn("renew", &error);
                    }
                }
            }
        }
    }
}

/// The monotonic clock of the runtime, which a test can stop.
fn now() -> Instant {
    time::Instant::now().into_std()
}

fn warn(operation: &'static str, error: &StoreError) {
    let source = std::error::Error::source(error).map(field::display);
    tracing::warn!(operation, %error, source, "a claim is not kept as it should be");
    measure::store_error(operation);
}
