//! Hooks with an inbox: they store each event, and a worker handles it.

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
    /// The policy's spill, if it has one.
    spill: Option<Arc<Spill>>,
    /// Ensures that the hooks warn only once that their handlers are never called.
    unused_handlers: Arc<Once>,
}

enum Target<'a> {
    Inbox,
    Spill(&'a Spill),
}

/// How hooks treat an event while the inbox is full or unavailable, or does not respond in time.
/// [`Spill`](Self::Spill) has an example.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
// For rustdoc, as on `Hooks`.
#[cfg(feature = "inbox")]
pub enum OnInboxFailure {
    /// The sender receives 503. TRTC retries for about a minute, and so do most ZEGO products.
    /// **Tencent does not retry**, so its events are lost.
    #[default]
    Refuse,
    /// The event is stored in a second inbox, and its sender receives 200. The hooks move it to the
    /// first inbox once that takes events again. For PostgreSQL, a SQLite file on a local disk is
    /// recommended as the second inbox. If the second inbox fails, too, the sender receives 503.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use room_hooks::{Hooks, inbox::{InboxStore, OnInboxFailure}, zego::Zego};
    ///
    /// fn hooks(zego: Zego, postgres: impl InboxStore, file: impl InboxStore) -> Hooks<Zego> {
    ///     Hooks::new(zego)
    ///         .with_inbox(postgres)
    ///         .with_inbox_failure_policy(OnInboxFailure::Spill(Arc::new(file)))
    /// }
    /// ```
    ///
    /// **Order.** While the spill holds events, all later ones are spilled, too. So the events that
    /// one process receives reach the inbox in order, room by room. Events that other processes
    /// receive may overtake them, and so may events that a full or failed spill does not take.
    ///
    /// **Duplicates and signatures.** Each inbox knows only its own events and signatures. A
    /// spilled duplicate is detected when it is drained. An event without an id may be stored twice
    /// if its put timed out. A spilled event whose signature belongs to another event in the inbox
    /// becomes dead in the spill. Several hooks can share a spill if they share the inbox.
    Spill(Arc<dyn InboxStore>),
    /// The event is handled as if there were no inbox, by the handlers that were added to the
    /// hooks, for example with [`with_handlers`](Hooks::with_handlers). The sender of an event
    /// without a handler receives 503. An event whose put timed out may have been stored
    /// nevertheless, and is then handled twice.
    HandleDirectly,
}

// For rustdoc, as on `Hooks`.
#[cfg(feature = "inbox")]
impl<P: Provider> Hooks<P> {
    /// Sets the inbox. Events are then stored before their sender gets a response, and a
    /// [`Worker`](crate::inbox::Worker) handles them. The hooks need no event handlers, and use a
    /// delivery store only for [`OnInboxFailure::HandleDirectly`]. Questions are still answered
    /// directly.
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

    /// Sets the policy for events that the inbox does not take. By default, their sender receives
    /// 503.
    ///
    /// A [spill](OnInboxFailure::Spill) is drained from this call on, on the runtime that handlers
    /// run on.
    ///
    /// # Panics
    ///
    /// No inbox is set.
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

    /// Sets how long the inbox may take to store an event; 1 s by default. After that, the [failure
    /// policy](Self::with_inbox_failure_policy) applies.
    ///
    /// # Panics
    ///
    /// No inbox is set.
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
    /// Stores an event, if there is an inbox. `None` if the event must be handled here.
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

    /// Puts an event in the inbox or the spill. `None` if neither takes it.
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
                // The spill does not know the inbox's signatures, but this process does.
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

    /// Starts draining the spill, unless it is being drained.
    fn drain_spill(&self) {
        if let Some(spill) = self.inbox.as_ref().and_then(|inbox| inbox.spill.as_ref()) {
            spill.start(&handler_runtime(self.runtime.as_deref()));
        }
    }

    /// Binds a question's signature in the inbox, where events' signatures are bound. `None` if
    /// there is no inbox.
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
    /// Where to put an event: the second target takes it if the first does not. While the spill
    /// holds events, later ones must not overtake them, unless the spill fails.
    fn targets(&self) -> Vec<Target<'_>> {
        match &self.spill {
            None => vec![Target::Inbox],
            Some(spill) if spill.is_empty() => vec![Target::Inbox, Target::Spill(spill)],
            Some(spill) => vec![Target::Spill(spill), Target::Inbox],
        }
    }

    /// Runs an operation within the timeout. Logs and counts a failure.
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
