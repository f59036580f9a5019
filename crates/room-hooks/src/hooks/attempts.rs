use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{DeliveryId, verify::verified::Attempt};

/// The deliveries that failed in this process, kept to number their next attempts.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts(Arc<Mutex<HashMap<DeliveryId, Failed>>>);

#[derive(Debug)]
struct Failed {
    attempt: Attempt,
    until: Instant,
}

/// The maximum number of remembered deliveries. If another one fails, its next attempt counts as
/// the first.
const MAX_FAILED: usize = 10_000;

impl Attempts {
    /// The next attempt at a delivery that has just been received.
    pub(super) fn next(&self, id: DeliveryId, received: Attempt) -> Attempt {
        match self.lock().get(&id) {
            Some(Failed { attempt, until }) if Instant::now() < *until => {
                Attempt { number: attempt.number.saturating_add(1), ..*attempt }
            }
            _ => received,
        }
    }

    /// Remembers a failed attempt.
    pub(super) fn failed(&self, id: DeliveryId, attempt: Attempt, retention: Duration) {
        let now = Instant::now();
        let mut failed = self.lock();
        if failed.len() >= MAX_FAILED {
            failed.retain(|_, failed| now < failed.until);
        }
        if failed.len() < MAX_FAILED || failed.contains_key(&id) {
            // If the clock cannot express the time, the attempt is forgotten.
            let until = now.checked_add(retention).unwrap_or(now);
            failed.insert(id, Failed { attempt, until });
        }
    }

    /// Forgets a handled delivery.
    pub(super) fn handled(&self, id: DeliveryId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DeliveryId, Failed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
