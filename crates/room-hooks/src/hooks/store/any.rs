//! Type-erased stores, so that `Hooks` needs no type parameter for them.

use std::{
    error::Error,
    fmt::Debug,
    iter,
    pin::Pin,
    sync::Arc,
    thread::ThreadId,
    time::{Duration, Instant},
};

use tokio::time::{self, timeout};

use crate::metrics;

use super::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

type Operation<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

pub(in crate::hooks) trait AnyStore: Debug + Send + Sync {
    fn claim(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, ClaimOutcome>;
    fn bind(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, bool>;
    fn renew(&self, d: DeliveryKey, token: ClaimToken, now: Instant) -> Operation<'_, bool>;
    fn settle(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, ()>;
    fn release(&self, delivery: DeliveryKey, token: ClaimToken, now: Instant) -> Operation<'_, ()>;
    fn for_renewal(&self) -> Option<Arc<dyn AnyStore>>;
    fn created_on(&self) -> Option<ThreadId>;
}

impl<S: DeliveryStore> AnyStore for S {
    fn claim(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, ClaimOutcome> {
        Box::pin(DeliveryStore::claim(self, delivery, now))
    }

    fn bind(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, bool> {
        Box::pin(DeliveryStore::bind(self, delivery, now))
    }

    fn renew(&self, d: DeliveryKey, token: ClaimToken, now: Instant) -> Operation<'_, bool> {
        Box::pin(DeliveryStore::renew(self, d, token, now))
    }

    fn settle(&self, delivery: DeliveryKey, now: Instant) -> Operation<'_, ()> {
        Box::pin(DeliveryStore::settle(self, delivery, now))
    }

    fn release(&self, delivery: DeliveryKey, token: ClaimToken, now: Instant) -> Operation<'_, ()> {
        Box::pin(DeliveryStore::release(self, delivery, token, now))
    }

    fn for_renewal(&self) -> Option<Arc<dyn AnyStore>> {
        Some(Arc::new(DeliveryStore::for_renewal(self)?))
    }

    fn created_on(&self) -> Option<ThreadId> {
        DeliveryStore::created_on(self)
    }
}

/// Runs a store operation within the timeout. Logs and counts a failure.
pub(in crate::hooks) async fn run<T>(
    name: &'static str,
    store_timeout: Duration,
    operation: Operation<'_, T>,
) -> Result<T, StoreError> {
    let result = timeout(store_timeout, operation).await;
    let result = result.unwrap_or_else(|elapsed| Err(StoreError::Unavailable(elapsed.into())));
    if let Err(error) = &result {
        tracing::warn!(operation = name, error = %chain(error), "delivery store operation failed");
        metrics::store_error(name);
    }
    result
}

/// An error and all its sources, for the log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let errors = iter::successors(Some(error), |&error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The runtime's monotonic clock, which tests can pause.
pub(crate) fn now() -> Instant {
    time::Instant::now().into_std()
}
