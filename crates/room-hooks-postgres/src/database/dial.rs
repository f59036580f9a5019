//! How a connection is made, with whatever TLS there is.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use deadpool_postgres::Connect;
use tokio::task::JoinHandle;
use tokio_postgres::{
    AsyncMessage, CancelToken, Client, Config, Error, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

type Dialing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Makes connections with a kind of TLS.
pub(super) struct Dialer<T>(pub(super) T);

pub(super) trait Dial: Send + Sync {
    fn dial<'a>(&'a self, config: &'a Config) -> Dialing<'a, (Client, Messages)>;

    /// Has the server end what it runs on a connection.
    fn cancel(&self, connection: CancelToken) -> Dialing<'_, ()>;
}

/// What the server says unasked, such as notifications. Nothing happens on a connection unless it is polled.
pub(crate) struct Messages(Box<dyn PollMessage>);

trait PollMessage: Send {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>>;
}

impl Messages {
    /// `None` once the connection is closed.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.0.poll(context)
    }
}

impl<T> PollMessage for tokio_postgres::Connection<Socket, T>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
{
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.poll_message(context)
    }
}

impl<T> Dial for Dialer<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn dial<'a>(&'a self, config: &'a Config) -> Dialing<'a, (Client, Messages)> {
        Box::pin(async {
            let (client, connection) = config.connect(self.0.clone()).await?;
            Ok((client, Messages(Box::new(connection))))
        })
    }

    fn cancel(&self, connection: CancelToken) -> Dialing<'_, ()> {
        Box::pin(async move { connection.cancel_query(self.0.clone()).await })
    }
}

#[derive(Clone)]
pub(super) struct SharedDialer(Arc<dyn Dial>);

impl SharedDialer {
    pub(super) fn new<T>(dialer: Dialer<T>) -> Self
    where
        Dialer<T>: Dial + 'static,
    {
        Self(Arc::new(dialer))
    }

    pub(super) async fn dial(&self, config: &Config) -> Result<(Client, Messages), Error> {
        self.0.dial(config).await
    }

    pub(super) async fn cancel(&self, connection: CancelToken) -> Result<(), Error> {
        self.0.cancel(connection).await
    }
}

/// Single statements run under the session's default isolation, which the database or the role may set. Under a stricter
/// one, statements that now wait for each other would fail instead. A startup option would save the round trip, but
/// PgBouncer refuses those by default.
const READ_COMMITTED: &str = "SET default_transaction_isolation = 'read committed'";

/// For the pool: the connection is driven by a task on the runtime that needed it.
impl Connect for SharedDialer {
    fn connect(&self, config: &Config) -> Dialing<'_, (Client, JoinHandle<()>)> {
        let config = config.clone();
        Box::pin(async move {
            let (client, mut messages) = self.dial(&config).await?;
            let drive = async move {
                // Notices; the log of the server has them. An error is told to whoever waits for an answer.
                while let Some(Ok(_)) = std::future::poll_fn(|context| messages.poll(context)).await
                {
                }
            };
            let driver = tokio::spawn(drive);
            client.batch_execute(READ_COMMITTED).await?;
            Ok((client, driver))
        })
    }
}
