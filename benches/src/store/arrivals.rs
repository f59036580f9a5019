use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use room_hooks::hooks::{ClaimOutcome, DeliveryKey, DeliveryStore};

/// Whether deliveries have a signature to bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    Without,
    With,
}

impl Signatures {
    pub const BOTH: [Self; 2] = [Self::Without, Self::With];

    /// The number of entries in a store for each delivery.
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

/// The time of the nth delivery after the first.
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

    /// Sets the retention of all deliveries and their signatures.
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

    /// Claims and settles the nth delivery, like `Hooks` around a handler. Returns whether both
    /// succeeded as for a new delivery.
    pub fn handle(&self, store: &impl DeliveryStore, number: usize) -> bool {
        let (delivery, now) = (self.delivery(number), self.begun + (self.schedule)(number));
        let claim = at_once(store.claim(delivery, now));
        let settled = at_once(store.settle(delivery, now));
        matches!((claim, settled), (Some(Ok(ClaimOutcome::Granted(_))), Some(Ok(()))))
    }
}

/// The output of a future that is ready at its first poll.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
