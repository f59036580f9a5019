use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{DeliveryId, verify::verified::Attempt};

/// The deliveries that failed in this process, so that the next attempt knows its number.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts(Arc<Mutex<HashMap<DeliveryId, Failed>>>);

#[derive(Debug)]
struct Failed {
    attempt: Attempt,
    until: Instant,
}

/// More are not remembered at once: the next attempt at one of them is the first again.
const MAX_FAILED: usize = 10_000;

impl Attempts {
    /// Which attempt follows, of a delivery that has just been received for the first time or again.
    pub(super) fn next(&self, id: DeliveryId, received: Attempt) -> Attempt {
        match self.lock().get(&id) {
            Some(Failed { attempt, until }) if Instant::now() < *until => {
                Attempt { number: attempt.number.saturating_add(1), ..*attempt }
            }
            _ => received,
        }
    }

    /// Remembers an attempt that failed.
    pub(super) fn failed(&self, id: DeliveryId, attempt: Attempt, retention: Duration) {
        let now = Instant::now();
        let mut failed = self.lock();
        if failed.len() >= MAX_FAILED {
            failed.retain(|_, failed| now < failed.until);
        }
        if failed.len() < MAX_FAILED || failed.contains_key(&id) {
            // A time that the clock cannot express is as good as none: the attempt is forgotten.
            let until = now.checked_add(retention).unwrap_or(now);
            failed.insert(id, Failed { attempt, until });
        }
    }

    /// Forgets a delivery that was handled.
    pub(super) fn handled(&self, id: DeliveryId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DeliveryId, Failed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
