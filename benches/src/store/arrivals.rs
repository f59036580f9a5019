use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use room_hooks::hooks::{ClaimOutcome, DeliveryKey, DeliveryStore};

/// Whether deliveries have a signature to be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    Without,
    With,
}

impl Signatures {
    pub const BOTH: [Self; 2] = [Self::Without, Self::With];

    /// How many entries a store holds of a delivery.
    #[must_use]
    pub fn entries(self) -> usize {
        match self {
            Self::Without => 1,
            Self::With => 2,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Without => "without",
            Self::With => "with",
        }
    }
}

/// When the nth of some deliveries arrives, after the first.
type Schedule = Box<dyn Fn(usize) -> Duration + Sync>;

/// Deliveries that arrive on a schedule.
pub struct Arrivals {
    deliveries: Vec<DeliveryKey>,
    schedule: Schedule,
    begun: Instant,
}

impl Arrivals {
    pub(super) fn new(deliveries: Vec<DeliveryKey>, schedule: Schedule) -> Self {
        Self { deliveries, schedule, begun: Instant::now() }
    }

    /// The same, to be remembered and bound for that long.
    #[must_use]
    pub fn known_for(mut self, span: Duration) -> Self {
        self.deliveries.iter_mut().for_each(|delivery| delivery.retention = span);
        self
    }

    /// The nth delivery.
    #[must_use]
    pub fn delivery(&self, number: usize) -> DeliveryKey {
        self.deliveries[number % self.deliveries.len()]
    }

    /// Claims and settles the nth delivery, as `Hooks` does around a handler, and says whether both went
    /// as they do with a new one.
    pub fn handle(&self, store: &impl DeliveryStore, number: usize) -> bool {
        let (delivery, now) = (self.delivery(number), self.begun + (self.schedule)(number));
        let claim = at_once(store.claim(delivery, now));
        let settled = at_once(store.settle(delivery, now));
        matches!((claim, settled), (Some(Ok(ClaimOutcome::Granted(_))), Some(Ok(()))))
    }
}

/// What a future ends in that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
