use std::{
    collections::HashSet,
    error::Error,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use room_hooks::{
    Hooks, Verified,
    hooks::DeliveryKey,
    zego::{Event, Zego},
};
use serde_json::json;
use tokio::runtime::Builder;

use super::{Arrivals, Granting, Signatures};

/// Deliveries as `Hooks` has claimed them, each with a unique signature.
pub struct Recorded {
    deliveries: Vec<DeliveryKey>,
}

impl Recorded {
    /// Signs and delivers `count` deliveries, since only `Hooks` can create a [`DeliveryKey`].
    ///
    /// # Errors
    ///
    /// Fails if a delivery cannot be signed or too few are claimed.
    pub fn new(count: usize) -> Result<Self, Box<dyn Error>> {
        let seen = Arc::new(Mutex::<Vec<DeliveryKey>>::default());
        let store = Granting({
            let seen = Arc::clone(&seen);
            move |delivery| seen.lock().unwrap_or_else(PoisonError::into_inner).push(delivery)
        });
        // A few extra, since two deliveries that are signed in the same second may have equal
        // nonces.
        deliver(count + count / 1000, store)?;
        let mut deliveries = mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let mut signatures = HashSet::with_capacity(deliveries.len());
        deliveries.retain(|delivery| signatures.insert(delivery.signature));
        deliveries.truncate(count);
        if deliveries.len() < count {
            return Err("too few deliveries are claimed".into());
        }
        Ok(Self { deliveries })
    }

    /// The retention of each delivery.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.deliveries[0].retention
    }

    /// All deliveries, with or without their signatures.
    #[must_use]
    pub fn deliveries(&self, signatures: Signatures) -> Vec<DeliveryKey> {
        let mut deliveries = self.deliveries.clone();
        if signatures == Signatures::Without {
            deliveries.iter_mut().for_each(|delivery| delivery.signature = None);
        }
        deliveries
    }

    /// The first `count` deliveries, arriving on a schedule. After the last, they repeat from the
    /// first, which must be forgotten by then.
    #[must_use]
    pub fn arriving(
        &self,
        signatures: Signatures,
        count: usize,
        schedule: impl Fn(usize) -> Duration + Sync + 'static,
    ) -> Arrivals {
        let mut deliveries = self.deliveries(signatures);
        deliveries.truncate(count);
        Arrivals::new(deliveries, Box::new(schedule))
    }

    /// All deliveries, at the rate at which a store holds `held` entries in a steady state.
    #[must_use]
    pub fn arriving_steadily(&self, signatures: Signatures, held: usize) -> Arrivals {
        let at_once = held / signatures.entries();
        let apart = self.deliveries[0].retention.as_nanos() as u64 / at_once as u64;
        let schedule = move |number| Duration::from_nanos(number as u64 * apart);
        self.arriving(signatures, self.deliveries.len(), schedule)
    }
}

fn deliver<F>(count: usize, store: Granting<F>) -> Result<(), Box<dyn Error>>
where
    F: Fn(DeliveryKey) + Send + Sync + 'static,
{
    let zego = Zego::new(1, "5f2c9d0b7a1e4836c4d8e2f1a09b7365")?;
    let hooks = Hooks::new(zego.clone()).with_store(store).fallback(async |_: Verified<Event>| {});
    let now = SystemTime::now();
    Builder::new_current_thread().enable_time().build()?.block_on(async {
        for number in 0..count {
            let event = json!({"event": "room_create", "room_id": number});
            // Spreads the deliveries over several minutes. All are still fresh.
            let sent_at = now + Duration::from_millis(290) * (number % 1000) as u32;
            let signed = zego.sign(&event, sent_at)?;
            hooks.deliver(signed.as_delivery(), now).await;
        }
        Ok(())
    })
}
