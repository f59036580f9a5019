use std::sync::Arc;

use tokio::sync::oneshot;

use super::turn::Turn;
use crate::error::OpenError;

/// The reason why an operation failed. A whole group may share one.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(Arc<rusqlite::Error>),
    #[error(transparent)]
    Open(Arc<OpenError>),
    #[error("the database thread has ended")]
    Ended,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(Arc::new(error))
    }
}

/// An operation in the queue. Its caller is answered after the commit.
pub(super) trait Job: Send {
    /// Whether the operation only reads, so that it needs no transaction.
    fn is_read(&self) -> bool;

    /// Whether its caller has given up, for example after a timeout, and may have told the sender
    /// so.
    fn is_abandoned(&self) -> bool;

    /// Runs the operation. A second call does nothing.
    fn run(&mut self, turn: &Turn<'_>) -> Result<(), Failure>;

    /// Sends the caller `failure` or, if there is none, the operation's own result.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

pub(super) struct Operation<F, T> {
    pub(super) is_read: bool,
    pub(super) work: Option<F>,
    pub(super) result: Option<Result<T, Failure>>,
    pub(super) reply: oneshot::Sender<Result<T, Failure>>,
}

impl<F, T> Job for Operation<F, T>
where
    F: FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn is_read(&self) -> bool {
        self.is_read
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, turn: &Turn<'_>) -> Result<(), Failure> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let result = work(turn).map_err(Failure::from);
        let outcome = result.as_ref().map(|_| ()).map_err(Failure::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, failure: Option<&Failure>) {
        let result = match failure {
            Some(failure) => Some(Err(failure.clone())),
            None => self.result,
        };
        if let Some(result) = result {
            // The caller may have given up in the meantime.
            let _ = self.reply.send(result);
        }
    }
}
