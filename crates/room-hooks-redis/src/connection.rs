use std::{io, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// How long an operation may take, with all that it needs. Tencent waits for 2 s, and a delivery is at
/// least two operations.
const TIME: Duration = Duration::from_millis(500);

/// The one connection of all operations, made when it is first needed and anew when it has failed.
///
/// Not `redis::aio::ConnectionManager`, which keeps for ever what is not an IO error: a Redis that does
/// not let it in once, for a password or too many clients, is lost to it until the process restarts.
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

    /// Runs a script, perhaps twice: it must be one that bears that.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> RedisResult<T> {
        let deadline = Instant::now() + TIME;
        match self.run_once(call, deadline).await {
            // Connections break unnoticed, when Redis restarts or closes what is idle. That is no
            // reason to handle a delivery without a claim.
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

    /// One connects and the others wait, so that a Redis that has just come back is not stormed.
    async fn connected(&self) -> RedisResult<Arc<Connected>> {
        let mut current = self.current.lock().await;
        if let Some(connected) = &*current {
            return Ok(Arc::clone(connected));
        }
        // The deadline is around all of it.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let connected = Connected { connection, since: Instant::now() };
        Ok(Arc::clone(current.insert(Arc::new(connected))))
    }

    async fn forget(&self, connected: &Arc<Connected>, deadline: Instant) {
        // A lock that is held for long is held by a task that connects: then it is forgotten already.
        if let Ok(mut current) = timeout_at(deadline, self.current.lock()).await {
            current.take_if(|current| Arc::ptr_eq(current, connected));
        }
    }
}

impl Connected {
    /// Whether a new connection may be better after an error. After a failover the same address may be
    /// another, writable server. While it is the same one, an answer such as `READONLY` or `MISCONF` must
    /// not cost a reconnect for each operation, so it costs one a second.
    fn is_suspect(&self, error: &RedisError) -> bool {
        let is_transport =
            error.is_io_error() || error.is_connection_dropped() || error.is_timeout();
        is_transport || (!is_full(error) && self.since.elapsed() >= Duration::from_secs(1))
    }
}

/// Whether an error says that Redis has no memory left. Before 7.0 a script's error has a code of its
/// own, and the reason is in the text.
pub(crate) fn is_full(error: &RedisError) -> bool {
    error.code() == Some("OOM")
        || error.detail().is_some_and(|detail| detail.contains("OOM command not allowed"))
}

async fn by<T>(
    deadline: Instant,
    operation: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    timeout_at(deadline, operation).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, "redis has not answered in time").into())
    })
}
