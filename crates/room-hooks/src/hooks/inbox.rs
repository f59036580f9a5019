//! What hooks with an inbox do with an event: they store it, for a worker to handle.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    Callback, Disposition, Hooks, Provider, Refusal, Verified,
    inbox::{InboxError, InboxOperation, InboxStore, NewEvent, PutOutcome, Spill, stored_event},
    metrics,
};

use super::{DeliveryKey, Inner, StoreError, runtime::handler_runtime, store::any::chain};

/// Where hooks put events.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    store: Arc<dyn InboxStore>,
    timeout: Duration,
    on_failure: OnInboxFailure,
    /// That of the policy, if it has one.
    spill: Option<Arc<Spill>>,
    /// Warns once that the handlers of the hooks are never called.
    unused_handlers: Arc<Once>,
}

enum Target<'a> {
    Inbox,
    Spill(&'a Spill),
}

/// What hooks do with an event while the inbox is full or unavailable, or does not respond in time.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum OnInboxFailure {
    /// The sender is answered 503. ZEGO and TRTC try again for up to a minute. **Tencent does not**: its events are
    /// then lost.
    #[default]
    Refuse,
    /// The event is stored in a second inbox, its sender is answered 200, and the hooks put it in the first one once that
    /// takes events again. Recommended with PostgreSQL, with a SQLite file on a local disk as the second. If that fails,
    /// too, the sender is answered 503.
    ///
    /// **Order.** While events wait in the spill, all that follow are spilled, too. So the events that one process receives
    /// reach the inbox in their order, room by room. Those that other processes receive may overtake them, and those that a
    /// full or failed spill does not take.
    ///
    /// **Duplicates and signatures** are known to each inbox for itself. A duplicate that is spilled is found when it is
    /// drained; an event without an id may be stored twice if its put timed out. A spilled event whose signature belongs to
    /// another one in the inbox is dead in the spill. Several hooks may share a spill if they share the inbox.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use room_hooks::{Hooks, inbox::{InboxStore, OnInboxFailure}, zego::Zego};
    ///
    /// fn hooks(zego: Zego, postgres: impl InboxStore, file: impl InboxStore) -> Hooks<Zego> {
    ///     Hooks::new(zego)
    ///         .with_inbox(postgres)
    ///         .with_inbox_failure_policy(OnInboxFailure::Spill(Arc::new(file)))
    /// }
    /// ```
    Spill(Arc<dyn InboxStore>),
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
            spill: None,
            unused_handlers: Arc::new(Once::new()),
        });
        self
    }

    /// Sets what happens to an event that the inbox does not take: by default its sender is answered 503.
    ///
    /// A [spill](OnInboxFailure::Spill) is drained from now on, on the runtime that handlers run on.
    ///
    /// # Panics
    ///
    /// There is no inbox: set that first.
    #[track_caller]
    pub fn with_inbox_failure_policy(mut self, policy: OnInboxFailure) -> Self {
        let inbox = self.inbox();
        inbox.spill = match &policy {
            OnInboxFailure::Spill(store) => {
                Some(Arc::new(Spill::new(Arc::clone(&inbox.store), Arc::clone(store))))
            }
            OnInboxFailure::Refuse | OnInboxFailure::HandleDirectly => None,
        };
        inbox.on_failure = policy;
        self.0.drain_spill();
        self
    }

    /// Sets how long an inbox may take to store an event; by default 1 s.
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
        let is_direct = matches!(inbox.on_failure, OnInboxFailure::HandleDirectly);
        if !is_direct && !self.handlers.is_empty() {
            inbox.unused_handlers.call_once(|| {
                tracing::warn!(
                    "hooks with an inbox never call their handlers: give them to a worker"
                );
            });
        }
        let put = match stored_event(verified, delivery, self.settings.retention) {
            Ok(event) => self.put_event(inbox, event, delivery).await,
            Err(error) => {
                tracing::error!(%error, "event cannot be serialized");
                None
            }
        };
        let has_handler = self.handlers.of_kind(verified.event.kind()).is_some();
        match put {
            Some(PutOutcome::New) => Some(Disposition::Stored),
            Some(PutOutcome::Duplicate) => Some(Disposition::Duplicate),
            Some(PutOutcome::SignatureReused) => {
                Some(Disposition::Refused(Refusal::SignatureReused))
            }
            None if is_direct && has_handler => None,
            None => Some(Disposition::StoreUnavailable),
        }
    }

    /// Puts an event in the inbox, or else in the spill. `None` if neither takes it.
    async fn put_event(
        &self,
        inbox: &Inbox,
        event: NewEvent,
        delivery: Option<DeliveryKey>,
    ) -> Option<PutOutcome> {
        let is_own = async || match delivery {
            Some(delivery) => self.bind_in_process(delivery).await,
            None => true,
        };
        let mut put = None;
        for target in inbox.targets() {
            put = match target {
                Target::Inbox => inbox.run("put", inbox.store.put(event.clone())).await.ok(),
                // It does not know the signatures that the inbox knows.
                Target::Spill(_) if !is_own().await => Some(PutOutcome::SignatureReused),
                Target::Spill(spill) => {
                    self.drain_spill();
                    inbox.run("spill", Box::pin(spill.put(event.clone()))).await.ok()
                }
            };
            if put.is_some() {
                break;
            }
        }
        match put {
            Some(PutOutcome::SignatureReused) => put,
            _ if !is_own().await && put.is_none() => Some(PutOutcome::SignatureReused),
            _ => put,
        }
    }

    /// Starts to drain the spill, unless that goes on.
    fn drain_spill(&self) {
        if let Some(spill) = self.inbox.as_ref().and_then(|inbox| inbox.spill.as_ref()) {
            spill.start(&handler_runtime(self.runtime.as_deref()));
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
    /// Where an event is put, the second if the first does not take it. While events are in the spill, those that follow
    /// must not overtake them, unless the spill fails.
    fn targets(&self) -> Vec<Target<'_>> {
        match &self.spill {
            None => vec![Target::Inbox],
            Some(spill) if spill.is_empty() => vec![Target::Inbox, Target::Spill(spill)],
            Some(spill) => vec![Target::Spill(spill), Target::Inbox],
        }
    }

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
