//! Opens connections with any TLS implementation.
//!
//! `tokio_postgres` is generic over TLS. The trait objects here keep that type parameter out of the
//! public API.

use std::{
    future::poll_fn,
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

type ConnectorFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Opens connections with one TLS implementation.
pub(super) struct TlsConnector<T>(pub(super) T);

pub(super) trait Connector: Send + Sync {
    fn open<'a>(&'a self, config: &'a Config) -> ConnectorFuture<'a, (Client, Messages)>;

    /// Asks the server to cancel the statement that a connection is running.
    fn cancel(&self, token: CancelToken) -> ConnectorFuture<'_, ()>;
}

/// Asynchronous messages from the server, such as notifications. Polling them also drives the
/// connection.
pub(crate) struct Messages(Box<dyn PollMessage>);

trait PollMessage: Send {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>>;
}

impl Messages {
    /// Returns the next message, or `None` once the connection is closed.
    pub(crate) async fn next(&mut self) -> Option<Result<AsyncMessage, Error>> {
        poll_fn(|context| self.0.poll(context)).await
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

impl<T> Connector for TlsConnector<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn open<'a>(&'a self, config: &'a Config) -> ConnectorFuture<'a, (Client, Messages)> {
        Box::pin(async {
            let (client, connection) = config.connect(self.0.clone()).await?;
            Ok((client, Messages(Box::new(connection))))
        })
    }

    fn cancel(&self, token: CancelToken) -> ConnectorFuture<'_, ()> {
        Box::pin(async move { token.cancel_query(self.0.clone()).await })
    }
}

#[derive(Clone)]
pub(super) struct SharedConnector(Arc<dyn Connector>);

impl SharedConnector {
    pub(super) fn new<T>(connector: TlsConnector<T>) -> Self
    where
        TlsConnector<T>: Connector + 'static,
    {
        Self(Arc::new(connector))
    }

    pub(super) async fn open(&self, config: &Config) -> Result<(Client, Messages), Error> {
        self.0.open(config).await
    }

    pub(super) async fn cancel(&self, token: CancelToken) -> Result<(), Error> {
        self.0.cancel(token).await
    }
}

/// Settings whose defaults the database or the role may have changed. Under a stricter isolation,
/// statements that wait for each other would fail instead. With `public` in the search path, anyone
/// who can create functions and operators there could make this user call them. A startup option
/// would save the round trip, but PgBouncer refuses those by default.
const SETTINGS: &str =
    "SET default_transaction_isolation = 'read committed'; SET search_path = pg_catalog, pg_temp";

impl Connect for SharedConnector {
    fn connect(&self, config: &Config) -> ConnectorFuture<'_, (Client, JoinHandle<()>)> {
        let config = config.clone();
        Box::pin(async move {
            let (client, mut messages) = self.open(&config).await?;
            // The server logs notices itself, and operations receive the errors.
            let driver =
                tokio::spawn(async move { while let Some(Ok(_)) = messages.next().await {} });
            client.batch_execute(SETTINGS).await?;
            Ok((client, driver))
        })
    }
}
