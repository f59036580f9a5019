use std::error::Error;

/// Why there is no connection to Redis. The operator's fault, or Redis's, found at start-up.
///
/// Neither its text nor its source's holds the URL, since that may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one of Redis: `redis://[[user]:password@]host[:port][/database]`.
    #[error("the URL of redis is not valid")]
    InvalidUrl(#[source] Box<dyn Error + Send + Sync>),

    /// No server listens there, or Redis does not let us in, run scripts or write keys.
    #[error("redis cannot be used")]
    Unusable(#[source] Box<dyn Error + Send + Sync>),
}
