use std::{pin::Pin, sync::Arc, time::Duration};

use crate::{DeliveryId, SignatureKey};

use super::{
    AttemptId, ClaimRequest, Claims, Ending, EventRecord, EventState, InboxError, InboxOperation,
    InboxStats, InboxStore, NewEvent, PutOutcome, Retention, WorkerId,
};

/// An `Arc` of any inbox is an inbox, so an inbox of any type can be passed on.
impl<S: InboxStore + ?Sized> InboxStore for Arc<S> {
    fn put(&self, event: NewEvent) -> InboxOperation<'_, PutOutcome> {
        (**self).put(event)
    }

    fn bind(
        &self,
        signature: SignatureKey,
        id: DeliveryId,
        retention: Duration,
    ) -> InboxOperation<'_, bool> {
        (**self).bind(signature, id, retention)
    }

    fn claim(&self, request: ClaimRequest) -> InboxOperation<'_, Claims> {
        (**self).claim(request)
    }

    fn renew(&self, worker: WorkerId, lease: Duration) -> InboxOperation<'_, ()> {
        (**self).renew(worker, lease)
    }

    fn finish(&self, attempt: AttemptId, ending: Ending) -> InboxOperation<'_, bool> {
        (**self).finish(attempt, ending)
    }

    fn retry(&self, sequence: i64) -> InboxOperation<'_, bool> {
        (**self).retry(sequence)
    }

    fn discard(&self, sequence: i64) -> InboxOperation<'_, bool> {
        (**self).discard(sequence)
    }

    fn prune(&self, retention: Retention, limit: usize) -> InboxOperation<'_, usize> {
        (**self).prune(retention, limit)
    }

    fn list(
        &self,
        state: Option<EventState>,
        after: i64,
        limit: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        (**self).list(state, after, limit)
    }

    fn get(&self, sequence: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        (**self).get(sequence)
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        (**self).stats()
    }

    fn for_heartbeat(&self) -> Result<Option<Arc<dyn InboxStore>>, InboxError> {
        (**self).for_heartbeat()
    }

    fn poll_interval(&self) -> Duration {
        (**self).poll_interval()
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        (**self).notified()
    }
}
