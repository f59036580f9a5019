use std::{fmt::Debug, sync::Arc};

use tracing::Span;

use crate::{
    Callback, Handlers, Provider, RestoreError, RoomEvent, StoredDelivery, Verified,
    event::excerpt,
    hooks::handlers::{Handler, Running},
    verify::verified::Attempt,
};

use super::stored_event::kind_of;

/// Type-erased handlers for one provider's events.
pub(super) trait AnyHandlers: Debug + Send + Sync {
    fn provider(&self) -> &'static str;

    /// The kinds that have a handler, by their names in an inbox.
    fn kinds(&self) -> Vec<String>;

    /// Prepares an attempt at an event.
    fn prepare(&self, stored: StoredDelivery, attempt: Attempt) -> Result<Prepared, RestoreError>;
}

/// An event with its handler, which starts when it is first polled.
pub(super) struct Prepared {
    pub(super) provider: &'static str,
    pub(super) kind: &'static str,
    pub(super) span: Span,
    /// `None` if no handler takes the event after all.
    pub(super) running: Option<Running>,
}

impl<P: Provider> AnyHandlers for Handlers<P> {
    fn provider(&self) -> &'static str {
        P::NAME
    }

    fn kinds(&self) -> Vec<String> {
        let all = P::Event::KINDS.iter();
        all.filter(|kind| self.of_kind(kind).is_some()).map(|kind| kind_of::<P>(kind)).collect()
    }

    fn prepare(&self, stored: StoredDelivery, attempt: Attempt) -> Result<Prepared, RestoreError> {
        let mut verified: Verified<P::Event> = stored.dangerous_into_verified()?;
        verified.set_attempt(attempt);
        let kind = verified.event.kind();
        let span = span_of(&verified);
        let handler = self.of_kind(kind);
        let running = handler.map(|handler: &Handler<P>| (handler.call)(Box::new(verified)));
        Ok(Prepared { provider: P::NAME, kind, span, running })
    }
}

/// The span of an attempt. It is a root span, because the request that carried the event ended long
/// ago.
fn span_of<E: RoomEvent>(verified: &Verified<E>) -> Span {
    tracing::info_span!(
        parent: None,
        "inbox attempt",
        provider = E::Provider::NAME,
        app_id = verified.app_id,
        event = excerpt(verified.event.name()),
        room_id = verified.event.room_id().map(excerpt),
        attempt = verified.attempt(),
        traceparent = verified.request.get("traceparent").map(excerpt),
        outcome = tracing::field::Empty,
    )
}

pub(super) type SharedHandlers = Arc<dyn AnyHandlers>;
