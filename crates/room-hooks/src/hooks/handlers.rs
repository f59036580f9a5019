use std::{any::type_name, error::Error, fmt, pin::Pin, sync::Arc};

use crate::{Callback, Provider, RoomEvent, Verified};

/// Handlers for a provider's events, for [`Hooks::with_handlers`](crate::Hooks::with_handlers) or
/// an inbox worker. Cheap to clone.
///
/// ```
/// use room_hooks::{Handlers, Verified, zego};
///
/// let handlers = Handlers::new()
///     .on(async |created: Verified<zego::RoomCreated>| {
///         println!("{} is open", created.event.room_id);
///     })
///     .fallback(async |other: Verified<zego::Event>| println!("{other:?}"));
/// ```
#[derive(Clone)]
#[must_use]
// For rustdoc, as on `Hooks`.
#[cfg(feature = "hooks")]
pub struct Handlers<P: Provider> {
    by_kind: Vec<Handler<P>>,
    fallback: Option<Handler<P>>,
}

impl<P: Provider> Handlers<P> {
    /// Creates an empty set of handlers.
    pub fn new() -> Self {
        Self { by_kind: Vec::new(), fallback: None }
    }

    /// Adds a handler for one kind of event; see [`Hooks::on`](crate::Hooks::on).
    ///
    /// # Panics
    ///
    /// This kind already has a handler, or an earlier handler takes all events, so that this one
    /// would never be called.
    #[track_caller]
    pub fn on<E, F, Fut>(mut self, handler: F) -> Self
    where
        E: RoomEvent<Provider = P>,
        // The compiler shows the next line when an async closure captures.
        F: Fn(Verified<E>) -> Fut + Send + Sync + 'static, // if it captures, use `on_with`
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        assert_reachable::<E>(self.by_kind.iter().map(|handler| handler.kind));
        assert!(
            E::KIND.is_some() || self.fallback.is_none(),
            "the fallback is unreachable: this handler takes all events"
        );
        self.by_kind.push(Handler::new(handler));
        self
    }

    /// Adds a handler with state; see [`Hooks::on_with`](crate::Hooks::on_with).
    ///
    /// # Panics
    ///
    /// Under the same conditions as [`on`](Self::on).
    #[track_caller]
    pub fn on_with<S, E, F, Fut>(self, state: S, handler: F) -> Self
    where
        S: Clone + Send + Sync + 'static,
        E: RoomEvent<Provider = P>,
        F: Fn(S, Verified<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        self.on(move |verified| handler(state.clone(), verified))
    }

    /// Adds a handler that is implemented by a struct; see
    /// [`Hooks::on_handler`](crate::Hooks::on_handler).
    ///
    /// # Panics
    ///
    /// Under the same conditions as [`on`](Self::on).
    #[track_caller]
    pub fn on_handler<E, H>(self, handler: H) -> Self
    where
        E: RoomEvent<Provider = P>,
        H: EventHandler<E>,
    {
        let handler = Arc::new(handler);
        self.on(move |verified| {
            let handler = Arc::clone(&handler);
            async move { handler.handle(verified).await }
        })
    }

    /// Sets the handler of all events that no other handler takes, including unknown kinds.
    ///
    /// # Panics
    ///
    /// A fallback is already set, or a handler takes all events.
    #[track_caller]
    pub fn fallback<E, F, Fut>(mut self, handler: F) -> Self
    where
        P: Provider<Event = E>,
        // Redundant, but lets the compiler infer the provider.
        E: RoomEvent<Provider = P>,
        F: Fn(Verified<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        assert!(self.fallback.is_none(), "a second fallback: the first would never be called");
        assert!(
            self.by_kind.iter().all(|handler| handler.kind.is_some()),
            "the fallback is unreachable: an earlier handler takes all events"
        );
        self.fallback = Some(Handler::new(handler));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_kind.is_empty() && self.fallback.is_none()
    }

    /// The handler that takes events of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Option<&Handler<P>> {
        self.by_kind.iter().chain(&self.fallback).find(|handler| handler.takes(kind))
    }
}

impl<P: Provider> Default for Handlers<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Provider> fmt::Debug for Handlers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.by_kind.iter().map(|handler| handler.kind.unwrap_or("all"));
        f.debug_struct("Handlers")
            .field("kinds", &kinds.collect::<Vec<_>>())
            .field("fallback", &self.fallback.is_some())
            .finish()
    }
}

/// Panics if a handler of `C` would never be called because of an earlier one.
#[track_caller]
pub(super) fn assert_reachable<C: Callback>(
    mut earlier: impl Iterator<Item = Option<&'static str>>,
) {
    let shadowed_by = earlier.find(|kind| kind.is_none() || *kind == C::KIND);
    let this = type_name::<C>();
    match shadowed_by {
        None => {}
        Some(None) => panic!(
            "the handler of `{this}` is unreachable: an earlier one takes everything. Add that one last"
        ),
        Some(Some(_)) => panic!("a second handler of `{this}`: only the first would be called"),
    }
}

/// The return type of an event handler: nothing, or a `Result`. After an error, the sender receives
/// 500 and may retry; with an inbox, the worker retries.
///
/// ```
/// use std::num::ParseIntError;
///
/// use room_hooks::{Handlers, Verified, zego};
///
/// async fn on_created(created: Verified<zego::RoomCreated>) -> Result<(), ParseIntError> {
///     let number: u32 = created.event.room_id.parse()?;
///     println!("room {number} is open");
///     Ok(())
/// }
///
/// let handlers = Handlers::new().on(on_created);
/// ```
pub trait HandlerResult: Send + 'static {
    /// Converts to a `Result` whose error is logged.
    ///
    /// # Errors
    ///
    /// The handler failed.
    fn into_result(self) -> Result<(), BoxError>;
}

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

impl HandlerResult for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E> HandlerResult for Result<(), E>
where
    E: Into<BoxError> + Send + 'static,
{
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// An event handler that is implemented by a struct.
/// [`Hooks::on_handler`](super::Hooks::on_handler) has an example.
pub trait EventHandler<E>: Send + Sync + 'static {
    /// The error of a failed handler. It is logged; the sender receives only 500.
    type Error: Into<Box<dyn Error + Send + Sync>> + Send + 'static;

    /// Handles an event.
    ///
    /// # Errors
    ///
    /// The event was not handled.
    fn handle(&self, verified: Verified<E>)
    -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl<E: Send + 'static, H: EventHandler<E>> EventHandler<E> for Arc<H> {
    type Error = H::Error;

    async fn handle(&self, verified: Verified<E>) -> Result<(), H::Error> {
        H::handle(self, verified).await
    }
}

/// A handler for one kind of event, or for all.
#[derive(Clone)]
pub(crate) struct Handler<P: Provider> {
    kind: Option<&'static str>,
    pub(crate) call: Arc<Call<P>>,
}

type Call<P> = dyn Fn(Box<Verified<<P as Provider>::Event>>) -> Running + Send + Sync;

/// A handler with its event. It starts when it is first polled.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

impl<P: Provider> Handler<P> {
    fn new<E, F, Fut>(handler: F) -> Self
    where
        E: RoomEvent<Provider = P>,
        F: Fn(Verified<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |verified: Box<Verified<P::Event>>| -> Running {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                match verified.downcast() {
                    Ok(verified) => handler(verified).await.into_result(),
                    Err(_) => Err("the event's kind does not match its type".into()),
                }
            })
        };
        Self { kind: E::KIND, call: Arc::new(call) }
    }

    fn takes(&self, kind: &str) -> bool {
        self.kind.is_none_or(|own| own == kind)
    }
}
