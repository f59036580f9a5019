use std::{cell::Cell, rc::Rc, thread};

use room_hooks::hooks::DeliveryStore;
use room_hooks_benches::store::Arrivals;

/// A store in a steady state: as many deliveries expire as arrive.
pub struct Service<S> {
    store: S,
    arrivals: Rc<Arrivals>,
    arrived: Cell<usize>,
}

impl<S: DeliveryStore> Service<S> {
    /// Creates the service with the first `at_once` deliveries.
    pub fn new(store: S, arrivals: Rc<Arrivals>, at_once: usize) -> Self {
        let service = Self { store, arrivals, arrived: Cell::new(0) };
        service.take(at_once, 1);
        service
    }

    /// Handles the next `count` deliveries. Each thread handles a share of them.
    pub fn take(&self, count: usize, threads: usize) {
        let first = self.arrived.replace(self.arrived.get() + count);
        let (store, arrivals) = (&self.store, &*self.arrivals);
        let share = |thread| {
            for number in (first + thread..first + count).step_by(threads) {
                assert!(arrivals.handle(store, number), "a new delivery is not granted");
            }
        };
        thread::scope(|scope| {
            for thread in 1..threads {
                scope.spawn(move || share(thread));
            }
            share(0);
        });
    }
}
