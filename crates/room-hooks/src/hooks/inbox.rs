//! What hooks with an inbox do with an event: they store it, for a worker to handle.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    Callback, Disposition, Hooks, Provider, Refusal, Verified,
    inbox::{InboxError, InboxOperation, InboxStore, PutOutcome, stored_event},
    metrics,
};

use super::{DeliveryKey, Inner, StoreError, store::any::chain};

/// Where hooks put events.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    store: Arc<dyn InboxStore>,
    timeout: Duration,
    on_failure: OnInboxFailure,
    /// Warns once that the handlers of the hooks are never called.
    unused_handlers: Arc<Once>,
}

/// What hooks do with an event while the inbox is full or unavailable, or does not respond in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnInboxFailure {
    /// The sender is answered 503. ZEGO and TRTC try again for up to a minute. **Tencent does not**: its events are
    /// then lost.
    #[default]
    Refuse,
    /// The event is handled as if there were no inbox, by the handlers that were added to the hooks with
    /// [`with_handlers`](Hooks::with_handlers). One of a kind without a handler is answered 503. An event whose put
    /// timed out may have been stored all the same, and is then handled twice.
    HandleDirectly,
}

impl<P: Provider> Hooks<P> {
    /// Sets the inbox: from then on, an event is stored and its sender answered, and a
    /// [`Worker`](crate::inbox::Worker) handles it. Hooks then need no handlers of events, and a delivery store is used
    /// only by [`OnInboxFailure::HandleDirectly`]. Questions are answered as ever.
    pub fn with_inbox(mut self, inbox: impl InboxStore) -> Self {
        self.parts().inbox = Some(Inbox {
            store: Arc::new(inbox),
            timeout: Duration::from_secs(1),
            on_failure: OnInboxFailure::default(),
            unused_handlers: Arc::new(Once::new()),
        });
        self
    }

    /// Sets what happens to an event that the inbox does not take: by default its sender is answered 503.
    ///
    /// # Panics
    ///
    /// There is no inbox: set that first.
    #[track_caller]
    pub fn with_inbox_failure_policy(mut self, policy: OnInboxFailure) -> Self {
        self.inbox().on_failure = policy;
        self
    }

    /// Sets how long the inbox may take to store an event; by default 1 s.
    ///
    /// # Panics
    ///
    /// There is no inbox: set that first.
    #[track_caller]
    pub fn with_inbox_timeout(mut self, timeout: Duration) -> Self {
        self.inbox().timeout = timeout;
        self
    }

    #[track_caller]
    fn inbox(&mut self) -> &mut Inbox {
        let inbox = self.parts().inbox.as_mut();
        inbox.expect("hooks without an inbox: call `with_inbox` first")
    }
}

impl<P: Provider> Inner<P> {
    /// Stores an event, if there is an inbox. `None` if it is to be handled here.
    pub(super) async fn put(
        &self,
        verified: &Verified<P::Event>,
        delivery: Option<DeliveryKey>,
    ) -> Option<Disposition> {
        let inbox = self.inbox.as_ref()?;
        if inbox.on_failure == OnInboxFailure::Refuse && !self.handlers.is_empty() {
            inbox.unused_handlers.call_once(|| {
                tracing::warn!(
                    "hooks with an inbox never call their handlers: give them to a worker"
                );
            });
        }
        let put = match stored_event(verified, delivery, self.settings.retention) {
            Ok(event) => inbox.run("put", inbox.store.put(event)).await,
            Err(error) => {
                tracing::error!(%error, "event cannot be serialized");
                Err(InboxError::Unavailable(error.into()))
            }
        };
        let is_forgery = match (&put, delivery) {
            (Ok(PutOutcome::SignatureReused), _) => true,
            (_, Some(delivery)) => !self.bind_in_process(delivery).await && put.is_err(),
            (_, None) => false,
        };
        let has_handler = self.handlers.of_kind(verified.event.kind()).is_some();
        match put {
            _ if is_forgery => Some(Disposition::Refused(Refusal::SignatureReused)),
            Ok(PutOutcome::New) => Some(Disposition::Stored),
            Ok(_) => Some(Disposition::Duplicate),
            Err(_) if inbox.on_failure == OnInboxFailure::HandleDirectly && has_handler => None,
            Err(_) => Some(Disposition::StoreUnavailable),
        }
    }

    /// Binds the signature of a question in the inbox, where those of events are. `None` if there is no inbox.
    pub(super) async fn bind_in_inbox(
        &self,
        delivery: DeliveryKey,
    ) -> Option<Result<bool, StoreError>> {
        let (inbox, signature) = (self.inbox.as_ref()?, delivery.signature?);
        let bind = inbox.store.bind(signature, delivery.id, delivery.retention);
        let bind = inbox.run("bind", bind).await;
        Some(bind.map_err(|error| StoreError::Unavailable(error.into())))
    }
}

impl Inbox {
    /// Runs an operation for as long as the sender waits. A failure is logged and counted.
    async fn run<T>(
        &self,
        name: &'static str,
        operation: InboxOperation<'_, T>,
    ) -> Result<T, InboxError> {
        let result = timeout(self.timeout, operation).await;
        let result = result.unwrap_or_else(|elapsed| Err(InboxError::Unavailable(elapsed.into())));
        if let Err(error) = &result {
            tracing::warn!(operation = name, error = %chain(error), "inbox operation failed");
            metrics::store_error(name);
        }
        result
    }
}
