use std::{sync::Arc, time::Duration};

use deadpool_postgres::Object;
use tokio_postgres::{Row, error::SqlState, types::ToSql};

use super::Database;
use crate::error::Failure;

/// For how long a connection on which a statement fails is kept, so that a server that refuses every statement, as one
/// that is read-only does, does not cost a connection for each. After a failover, the same address may be that of
/// another server, so it is not kept longer.
const KEPT: Duration = Duration::from_secs(1);

/// How long a transaction may wait for its next statement. Shorter than a lease by default, since its locks keep other
/// workers from renewing theirs.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// A connection for one operation. The next one gets it if all that has been asked on it was answered.
///
/// An operation that is dropped, because it took too long, leaves a statement behind that is still running. The next
/// would have to wait for it, and so gets another connection. The statement is cancelled, or else those that wait for a
/// lock would occupy all connections that the server has.
pub(crate) struct Connection {
    /// Always there but in `drop`.
    client: Option<Object>,
    database: Arc<Database>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    InTransaction,
    /// It waits for an answer, or was given one that it cannot be used after.
    Unknown,
}

impl Connection {
    pub(super) fn new(client: Object, database: Arc<Database>) -> Self {
        Self { client: Some(client), database, state: State::Idle }
    }

    /// Runs a statement, with `room_hooks` for the schema.
    pub(crate) async fn query(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        let before = self.begin();
        let answer = async {
            let client = self.client()?;
            let statement = client.prepare_cached(&self.database.statement(sql)).await?;
            Ok(client.query(&statement, parameters).await?)
        };
        let answer = answer.await;
        self.end(before, answer)
    }

    /// Runs a statement that returns a row.
    pub(crate) async fn query_one(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, Failure> {
        let mut rows = self.query(sql, parameters).await?;
        rows.pop().ok_or_else(|| Failure::Driver("the statement has returned no row".into()))
    }

    /// Runs statements that return nothing.
    pub(crate) async fn execute(&mut self, sql: &str) -> Result<(), Failure> {
        let before = self.begin();
        let answer =
            async { Ok(self.client()?.batch_execute(&self.database.statement(sql)).await?) };
        let answer = answer.await;
        self.end(before, answer)
    }

    /// Begins a transaction in which each statement sees what others have committed before it. The transaction rolls
    /// back if the connection is dropped before [`commit`](Self::commit).
    ///
    /// The timeout is for a process that freezes in between: its kernel keeps the connection open, and the locks would
    /// be held for as long.
    pub(crate) async fn transaction(&mut self) -> Result<(), Failure> {
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = {}",
            IDLE_IN_TRANSACTION.as_millis()
        );
        self.execute(&begin).await?;
        self.state = State::InTransaction;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Failure> {
        self.execute("COMMIT").await?;
        self.state = State::Idle;
        Ok(())
    }

    fn client(&self) -> Result<&Object, Failure> {
        self.client.as_ref().ok_or(Failure::NoConnection)
    }

    fn begin(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Unknown)
    }

    fn end<T>(&mut self, before: State, answer: Result<T, Failure>) -> Result<T, Failure> {
        let is_young =
            self.client.as_ref().is_some_and(|client| Object::metrics(client).age() < KEPT);
        let code = answer.as_ref().err().and_then(Failure::code);
        let is_kept = code == Some(&SqlState::UNIQUE_VIOLATION) || (code.is_some() && is_young);
        if answer.is_ok() || (is_kept && before == State::Idle) {
            self.state = before;
        }
        answer
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.state != State::Idle
            && let Some(client) = self.client.take()
        {
            // Closed, once all is answered, and not returned to the pool.
            let client = Object::take(client);
            if self.state == State::Unknown {
                self.database.cancel(client.cancel_token());
            }
        }
    }
}
