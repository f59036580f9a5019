use std::{
    error::Error,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::Arc,
};

use crate::{Provider, RoomEvent, Verified};

/// What a handler may return: nothing, or a `Result` whose error has the sender try again.
pub trait HandlerOutcome: Send + 'static {
    /// The outcome, its error for the log.
    ///
    /// # Errors
    ///
    /// The handler failed.
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl HandlerOutcome for () {
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

impl<E> HandlerOutcome for Result<(), E>
where
    E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
{
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.map_err(Into::into)
    }
}

/// A handler that has its event; it starts when it is polled.
pub(super) type Ready =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

type AnyEvent<P> = Verified<<P as Provider>::Event>;

/// A handler of one kind of event, or of all.
pub(super) type Handler<P> = Arc<dyn Fn(AnyEvent<P>) -> Result<Ready, AnyEvent<P>> + Send + Sync>;

pub(super) fn handler<E, F, Fut>(handler: F) -> Handler<E::Provider>
where
    E: RoomEvent,
    F: Fn(Verified<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: HandlerOutcome> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |verified| {
        let verified = verified.narrow()?;
        let handler = Arc::clone(&handler);
        Ok(Box::pin(async move { handler(verified).await.into_result() }))
    })
}

/// What something gives, unless it panics. Then it is not to be used again.
pub(super) fn caught<T>(something: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(something)).ok()
}
