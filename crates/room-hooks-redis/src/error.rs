use std::error::Error;

/// Error that prevents this crate from using Redis, usually found at start-up.
///
/// Neither its message nor its source contains the URL, since that may contain a password.
///
/// ```
/// use room_hooks_redis::{ConnectError, RedisStore};
///
/// let error = RedisStore::connect_lazily("localhost:6379").unwrap_err();
/// assert!(matches!(error, ConnectError::InvalidUrl(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not a Redis URL of the form `redis://[[user]:password@]host[:port][/database]`.
    #[error("invalid Redis URL, expected redis://[[user]:password@]host[:port][/database]")]
    InvalidUrl(#[source] Box<dyn Error + Send + Sync>),

    /// The server is unreachable, or Redis rejected the login, a script or the keys that it writes.
    #[error("cannot use Redis")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),
}
