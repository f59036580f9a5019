use std::sync::Arc;

use tokio::sync::oneshot;

use super::turn::Turn;
use crate::error::OpenError;

/// Why nothing came of an operation. All of a group may have the same.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(Arc<rusqlite::Error>),
    #[error(transparent)]
    Open(Arc<OpenError>),
    #[error("the thread of the database has ended")]
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

/// An operation that waits for its turn, and its answer for the commit.
pub(super) trait Job: Send {
    /// Whether it only reads, and needs no transaction.
    fn is_read(&self) -> bool;

    /// Whether its caller has gone: it ran into its timeout, and has told its sender so.
    fn is_abandoned(&self) -> bool;

    /// Runs it, once.
    fn run(&mut self, turn: &Turn<'_>) -> Result<(), Failure>;

    /// Answers, what it has returned or why nothing came of it.
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
            // The caller may have gone meanwhile.
            let _ = self.reply.send(result);
        }
    }
}
