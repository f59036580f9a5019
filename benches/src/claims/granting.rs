use std::{fmt, time::Instant};

use room_hooks::hooks::{Claim, ClaimStore, ClaimToken, Claimed, StoreError};

/// A store that grants every claim, and shows it to a function.
pub struct Granting<F>(pub F);

impl<F> fmt::Debug for Granting<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Granting")
    }
}

impl<F: Fn(Claimed) + Send + Sync + 'static> ClaimStore for Granting<F> {
    async fn claim(&self, delivery: Claimed, _: Instant) -> Result<Claim, StoreError> {
        self.0(delivery);
        Ok(Claim::Granted(ClaimToken(0)))
    }

    async fn settle(&self, _: Claimed, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}
