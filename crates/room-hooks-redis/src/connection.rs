use std::{io, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// How long an operation may take, including connecting. Tencent waits for 2 s, and a delivery
/// takes at least two operations.
const TIME: Duration = Duration::from_millis(500);

/// The connection that all operations share. Opened when it is first needed, and again after it has
/// failed.
///
/// `redis::aio::ConnectionManager` does not fit: it keeps a failed connection forever unless the
/// failure was an IO error. If Redis once rejects it because of the password or the number of
/// clients, it does not recover until the process restarts.
#[derive(Clone)]
pub(crate) struct Connection {
    client: Client,
    current: Arc<Mutex<Option<Arc<Connected>>>>,
}

struct Connected {
    connection: MultiplexedConnection,
    since: Instant,
}

impl Connection {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, current: Arc::default() }
    }

    /// Another connection to the same server.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.client.clone())
    }

    /// Runs a script. If the connection was dropped, the script may run twice, so it must be
    /// idempotent.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> RedisResult<T> {
        let deadline = Instant::now() + TIME;
        match self.run_once(call, deadline).await {
            // Connections break unnoticed when Redis restarts or closes idle ones. A delivery must
            // not be handled without a claim because of that.
            Err(error) if error.is_connection_dropped() => self.run_once(call, deadline).await,
            answer => answer,
        }
    }

    async fn run_once<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
        deadline: Instant,
    ) -> RedisResult<T> {
        let connected = by(deadline, self.connected()).await?;
        let answer = by(deadline, call.invoke_async(&mut connected.connection.clone())).await;
        if answer.as_ref().is_err_and(|error| connected.is_suspect(error)) {
            self.forget(&connected, deadline).await;
        }
        answer
    }

    /// Returns the connection. If there is none, one operation connects and the others wait, so
    /// that a Redis that has just restarted is not flooded with connections.
    async fn connected(&self) -> RedisResult<Arc<Connected>> {
        let mut current = self.current.lock().await;
        if let Some(connected) = &*current {
            return Ok(Arc::clone(connected));
        }
        // The caller's deadline covers all of this.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let connected = Connected { connection, since: Instant::now() };
        Ok(Arc::clone(current.insert(Arc::new(connected))))
    }

    async fn forget(&self, connected: &Arc<Connected>, deadline: Instant) {
        // Only a task that connects holds the lock for long, and then this connection is already
        // forgotten.
        if let Ok(mut current) = timeout_at(deadline, self.current.lock()).await {
            current.take_if(|current| Arc::ptr_eq(current, connected));
        }
    }
}

impl Connected {
    /// Whether a new connection may help after an error. After a failover, the same address may
    /// lead to another, writable server. If it is still the same server, an error reply such as
    /// `READONLY` or `MISCONF` must not cost a reconnect per operation, so it costs at most one per
    /// second.
    fn is_suspect(&self, error: &RedisError) -> bool {
        let is_transport =
            error.is_io_error() || error.is_connection_dropped() || error.is_timeout();
        is_transport || (!is_full(error) && self.since.elapsed() >= Duration::from_secs(1))
    }
}

/// Whether an error says that Redis is out of memory. Before 7.0, errors of scripts have another
/// code, and only their text contains the reason.
pub(crate) fn is_full(error: &RedisError) -> bool {
    error.code() == Some("OOM")
        || error.detail().is_some_and(|detail| detail.contains("OOM command not allowed"))
}

async fn by<T>(
    deadline: Instant,
    operation: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    timeout_at(deadline, operation).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, "Redis did not respond in time").into())
    })
}
