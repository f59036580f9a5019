use std::{fmt, time::Instant};

use room_hooks::hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

/// A store that grants every claim, and passes it to a function.
pub struct Granting<F>(pub F);

impl<F> fmt::Debug for Granting<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Granting")
    }
}

impl<F: Fn(DeliveryKey) + Send + Sync + 'static> DeliveryStore for Granting<F> {
    async fn claim(&self, delivery: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        self.0(delivery);
        Ok(ClaimOutcome::Granted(ClaimToken(0)))
    }

    async fn bind(&self, _: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}
