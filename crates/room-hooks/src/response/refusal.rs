use std::time::Duration;

use thiserror::Error;

/// Why a delivery is refused.
///
/// The sender receives only the [status](Self::status); the reason is for the operator's log. No
/// variant contains text from an unauthenticated request.
///
/// ```
/// use room_hooks::{NotDelivered, Refusal};
///
/// fn log(not_delivered: &NotDelivered) {
///     match not_delivered.refusal() {
///         Some(Refusal::Stale { age }) => println!("a replay, or the clock is {age:?} ahead"),
///         Some(refusal) => println!("refused with {}: {refusal}", refusal.status()),
///         None => {}
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request names no app, and several are configured. Another client sent the request, or a
    /// proxy removed the header or parameter.
    #[error("no app is named, and several are configured")]
    AppNotNamed,

    /// The connection ended before the body was complete. The network or the sender is at fault; a
    /// sender that retries will send it again.
    #[error("the body is incomplete: the connection ended early")]
    BodyIncomplete,

    /// Another extractor or a middleware consumed the body before it could be verified. This server
    /// is at fault: verify first.
    #[error("another extractor or a middleware consumed the body before it could be verified")]
    BodyAlreadyConsumed,

    /// The body exceeds the receiver's limit. Another client sent it, or the limit is too small:
    /// see [`Receiver::with_body_limit`](crate::Receiver::with_body_limit).
    #[error("the body is larger than the limit")]
    BodyTooLarge,

    /// The body did not arrive in time. Another client sent it, or the network is slow: see
    /// [`Receiver::with_body_timeout`](crate::Receiver::with_body_timeout).
    #[error("the body took longer than {timeout:?}")]
    BodyTimeout {
        /// The timeout that was exceeded.
        timeout: Duration,
    },

    /// The body is compressed. No platform compresses its callbacks, so a proxy did. Verification
    /// needs the body as the platform sent it.
    #[error("the body is compressed: its content encoding is {encoding}")]
    BodyCompressed {
        /// The encoding if it is a common one, or else `unknown`.
        encoding: &'static str,
    },

    /// The query and the body name different commands (Tencent). One was changed in transit.
    #[error("the query and the body name different commands")]
    CommandsDiffer,

    /// The timestamp is further ahead than the tolerance allows. The sender's clock or this
    /// machine's is wrong, or the callback is forged.
    #[error("sent {ahead:?} ahead of this machine's clock")]
    TimestampInFuture {
        /// How far the timestamp is ahead of now.
        ahead: Duration,
    },

    /// The request cannot be read as a callback. Another client sent it, or a proxy rewrote it.
    #[error("unreadable: {what}")]
    Malformed {
        /// The problem.
        what: &'static str,
    },

    /// The request is not a `POST`. A browser or a health check sent it.
    #[error("not a POST request")]
    MethodNotAllowed,

    /// No receiver is configured for the route. This server is at fault.
    #[error("not configured: the adapter found no `{missing}`")]
    NotConfigured {
        /// The missing type.
        missing: &'static str,
    },

    /// A part of the signature is missing. Signing is not enabled at the provider, or another
    /// client sent the request.
    #[error("not signed: `{part}` is missing")]
    NotSigned {
        /// The missing field or parameter.
        part: &'static str,
    },

    /// A parameter or field is repeated, so two readers could interpret the request differently.
    #[error("duplicate parameter or member")]
    DuplicateParameter,

    /// The signature was first seen with other content. The delivery is forged: an attacker who
    /// observed the signature attached a different body to it.
    #[error("the signature was first seen with other content")]
    SignatureReused,

    /// The timestamp is older than the tolerance allows. The delivery is a replay, or a clock is
    /// wrong.
    #[error("stale: sent {age:?} ago")]
    Stale {
        /// How far the timestamp is behind now.
        age: Duration,
    },

    /// The app is not configured. The app id here is wrong, another of your apps uses this URL, or
    /// another client sent the request.
    #[error("the app is not configured")]
    UnknownApp,

    /// No secret produces the signature. The secret here is wrong, or the request is forged.
    #[error("the signature is wrong")]
    WrongSignature,
}

impl Refusal {
    /// The HTTP status of the response. It is 401 for every delivery that is not authentic, so that
    /// the response never reveals which check failed.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::AppNotNamed
            | Self::TimestampInFuture { .. }
            | Self::NotSigned { .. }
            | Self::SignatureReused
            | Self::Stale { .. }
            | Self::UnknownApp
            | Self::WrongSignature => 401,
            Self::BodyIncomplete
            | Self::CommandsDiffer
            | Self::Malformed { .. }
            | Self::DuplicateParameter => 400,
            Self::MethodNotAllowed => 405,
            Self::BodyTimeout { .. } => 408,
            Self::BodyTooLarge => 413,
            Self::BodyCompressed { .. } => 415,
            Self::BodyAlreadyConsumed | Self::NotConfigured { .. } => 500,
        }
    }
}

/// Why a configuration is invalid. The operator sees it at start-up.
///
/// ```
/// use room_hooks::{ConfigError, zego::Zego};
///
/// let error = Zego::new(1234567890, "").unwrap_err();
/// assert_eq!(error, ConfigError::SecretEmpty);
/// assert_eq!(error.to_string(), "a secret is empty");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An app id is not a valid number.
    #[error("the app id cannot be used: {problem}")]
    AppId {
        /// The problem with the id's text.
        problem: &'static str,
    },

    /// An app is configured twice. Put several secrets of one app into one
    /// [`Secrets`](crate::Secrets).
    #[error("the app {app_id} is configured twice")]
    DuplicateApp {
        /// The app's id.
        app_id: u64,
    },

    /// The retention is too short: the same bytes would be handled again while they are fresh, or a
    /// late retry would be handled again.
    #[error("a retention under {min:?} would handle replays and retries again")]
    RetentionTooShort {
        /// The minimum: twice the tolerance, and longer than any platform retries.
        min: Duration,
    },

    /// The retention is longer than stores can hold.
    #[error("a retention over {max:?} is more than a store can hold")]
    RetentionTooLong {
        /// The maximum.
        max: Duration,
    },

    /// A secret consists of white space.
    #[error("a secret is blank")]
    SecretBlank,

    /// A secret is empty, so anyone could sign.
    #[error("a secret is empty")]
    SecretEmpty,

    /// A secret has white space around it, perhaps a file's final newline.
    #[error("a secret has white space around it, perhaps a final newline")]
    SecretPadded,

    /// The tolerance is so narrow that it would refuse the provider's own callbacks or retries.
    #[error("a tolerance under {min:?} refuses honest callbacks")]
    ToleranceTooNarrow {
        /// The minimum.
        min: Duration,
    },

    /// The tolerance is wider than stores can remember deliveries for.
    #[error("a tolerance over {max:?} is more than a store can remember")]
    ToleranceTooWide {
        /// The maximum.
        max: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_error_names_the_setting() {
        for (error, text) in [
            (ConfigError::DuplicateApp { app_id: 7 }, "the app 7 is configured twice"),
            (
                ConfigError::ToleranceTooNarrow { min: Duration::from_secs(70) },
                "a tolerance under 70s refuses honest callbacks",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
