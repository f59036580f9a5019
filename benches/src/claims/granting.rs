use std::{fmt, time::Instant};

use room_hooks::hooks::{Claim, ClaimStore, ClaimToken, Claimed, StoreError, Terms};

/// A store that grants every claim, and shows it to a function.
pub struct Granting<F>(pub F);

impl<F> fmt::Debug for Granting<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Granting")
    }
}

impl<F: Fn(Claimed, Terms) + Send + Sync + 'static> ClaimStore for Granting<F> {
    async fn claim(
        &self,
        delivery: Claimed,
        terms: Terms,
        _: Instant,
    ) -> Result<Claim, StoreError> {
        self.0(delivery, terms);
        Ok(Claim::Granted(ClaimToken(0)))
    }

    async fn renew(
        &self,
        _: Claimed,
        _: ClaimToken,
        _: Terms,
        _: Instant,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn settle(&self, _: Claimed, _: Terms, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    fn for_renewal(&self) -> Option<Self> {
        None
    }

    async fn release(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}
