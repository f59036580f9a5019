//! A store of any type behind a pointer, so that `Hooks` needs no parameter for it.

use std::{fmt::Debug, pin::Pin, sync::Arc, time::Instant};

use super::{Claim, ClaimStore, ClaimToken, Claimed, StoreError, Terms};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

pub(in crate::hooks) trait AnyStore: Debug + Send + Sync {
    fn claim(&self, delivery: Claimed, terms: Terms, now: Instant) -> Answer<'_, Claim>;
    fn renew(&self, d: Claimed, token: ClaimToken, terms: Terms, now: Instant) -> Answer<'_, bool>;
    fn settle(&self, delivery: Claimed, terms: Terms, now: Instant) -> Answer<'_, ()>;
    fn release(&self, delivery: Claimed, token: ClaimToken, now: Instant) -> Answer<'_, ()>;
    fn for_renewal(&self) -> Option<Arc<dyn AnyStore>>;
}

impl<S: ClaimStore> AnyStore for S {
    fn claim(&self, delivery: Claimed, terms: Terms, now: Instant) -> Answer<'_, Claim> {
        Box::pin(ClaimStore::claim(self, delivery, terms, now))
    }

    fn renew(&self, d: Claimed, token: ClaimToken, terms: Terms, now: Instant) -> Answer<'_, bool> {
        Box::pin(ClaimStore::renew(self, d, token, terms, now))
    }

    fn settle(&self, delivery: Claimed, terms: Terms, now: Instant) -> Answer<'_, ()> {
        Box::pin(ClaimStore::settle(self, delivery, terms, now))
    }

    fn release(&self, delivery: Claimed, token: ClaimToken, now: Instant) -> Answer<'_, ()> {
        Box::pin(ClaimStore::release(self, delivery, token, now))
    }

    fn for_renewal(&self) -> Option<Arc<dyn AnyStore>> {
        Some(Arc::new(ClaimStore::for_renewal(self)?))
    }
}
