use std::{error::Error, pin::Pin, sync::Arc};

use crate::{Provider, RoomEvent, Verified};

/// What a handler may return: nothing, or a `Result` whose error has the sender try again.
pub trait HandlerResult: Send + 'static {
    /// The result, its error for the log.
    ///
    /// # Errors
    ///
    /// The handler failed.
    fn into_result(self) -> Result<(), BoxError>;
}

type BoxError = Box<dyn Error + Send + Sync>;

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

/// A handler of the events of one kind, or of all.
#[derive(Clone)]
pub(super) struct Handler<P: Provider> {
    pub(super) kind: Option<&'static str>,
    pub(super) call: Arc<dyn Fn(Verified<P::Event>) -> Running + Send + Sync>,
}

/// A handler that has its event; it starts when it is polled.
pub(super) type Running = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

impl<P: Provider> Handler<P> {
    pub(super) fn new<E, F, Fut>(handler: F) -> Self
    where
        E: RoomEvent<Provider = P>,
        F: Fn(Verified<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerResult> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |verified: Verified<P::Event>| -> Running {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                match verified.narrow() {
                    Ok(verified) => handler(verified).await.into_result(),
                    Err(_) => Err("an event is of another kind than it says".into()),
                }
            })
        };
        Self { kind: E::KIND, call: Arc::new(call) }
    }

    pub(super) fn takes(&self, kind: &str) -> bool {
        self.kind.is_none_or(|own| own == kind)
    }
}
