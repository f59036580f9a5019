use std::{sync::Arc, time::Duration};

use deadpool_postgres::Object;
use tokio_postgres::{Row, error::SqlState, types::ToSql};

use super::Database;
use crate::error::Failure;

/// Maximum age of a connection that is reused after a failed statement.
///
/// A server that refuses every statement, for example because it is read-only, must not cost a new
/// connection for each. But after a failover the same address may lead to another server, so older
/// connections are closed.
const REUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// How long a transaction may wait for its next statement. Shorter than the default lease, since
/// its locks keep other workers from renewing theirs.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// A connection for one operation. Returned to the pool only if the server has answered every
/// statement.
///
/// An operation that is dropped, usually by a timeout, leaves a running statement behind, which the
/// next user of the connection would have to wait for. The connection is therefore closed. The
/// statement is canceled as well: statements that wait for a lock could otherwise use up all
/// connections of the server.
pub(crate) struct Connection {
    /// `None` only during `drop`.
    client: Option<Object>,
    database: Arc<Database>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    InTransaction,
    /// A statement is running, or has failed in a way that makes the connection unusable.
    Unknown,
}

impl Connection {
    pub(super) fn new(client: Object, database: Arc<Database>) -> Self {
        Self { client: Some(client), database, state: State::Idle }
    }

    /// Runs a statement, in which `room_hooks` stands for the configured schema.
    pub(crate) async fn query(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        let before = self.begin();
        let result = async {
            let client = self.client()?;
            let statement = client.prepare_cached(&self.database.statement(sql)).await?;
            Ok(client.query(&statement, parameters).await?)
        };
        let result = result.await;
        self.end(before, result)
    }

    /// Runs a statement that always returns a row.
    pub(crate) async fn query_one(
        &mut self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, Failure> {
        let mut rows = self.query(sql, parameters).await?;
        rows.pop().ok_or_else(|| Failure::Driver("the statement returned no row".into()))
    }

    /// Runs one or more statements that have neither parameters nor results.
    pub(crate) async fn execute(&mut self, sql: &str) -> Result<(), Failure> {
        let before = self.begin();
        let result =
            async { Ok(self.client()?.batch_execute(&self.database.statement(sql)).await?) };
        let result = result.await;
        self.end(before, result)
    }

    /// Begins a transaction in which each statement sees what others have committed before it. The
    /// transaction rolls back if the connection is dropped before [`commit`](Self::commit).
    ///
    /// The timeout protects against a process that freezes in between: its kernel keeps the
    /// connection open, and the server would hold the locks until it wakes.
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

    fn end<T>(&mut self, before: State, result: Result<T, Failure>) -> Result<T, Failure> {
        let is_young = self
            .client
            .as_ref()
            .is_some_and(|client| Object::metrics(client).age() < REUSE_AFTER_ERROR);
        let code = result.as_ref().err().and_then(Failure::code);
        let is_reusable = code == Some(&SqlState::UNIQUE_VIOLATION) || (code.is_some() && is_young);
        if result.is_ok() || (is_reusable && before == State::Idle) {
            self.state = before;
        }
        result
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.state != State::Idle
            && let Some(client) = self.client.take()
        {
            // Removes the connection from the pool. It closes when the client is dropped.
            let client = Object::take(client);
            if self.state == State::Unknown {
                self.database.cancel(client.cancel_token());
            }
        }
    }
}
