use std::time::Duration;

use thiserror::Error;

/// Why a delivery is refused.
///
/// The sender learns a [status](Self::status) and nothing more; this is for the operator's log. No
/// variant holds anything of a request that is not authentic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No app is named, and several are configured. The request is not the platform's, or a proxy removed the
    /// header or parameter.
    #[error("no app is named, and several are configured")]
    AppNotNamed,

    /// The connection ended before the body did. The network's or the sender's fault; a sender that
    /// retries will send it again.
    #[error("the body is incomplete: the connection ended before it did")]
    BodyIncomplete,

    /// Another extractor or a middleware has taken the body before it could be verified. This
    /// server's fault: verify first.
    #[error("another extractor or a middleware consumed the body before it could be verified")]
    BodyAlreadyConsumed,

    /// The body is over the receiver's limit. Sent by a client other than the platform, or the limit is too small: see
    /// [`Receiver::with_body_limit`](crate::Receiver::with_body_limit).
    #[error("the body is larger than the limit")]
    BodyTooLarge,

    /// The body did not arrive in time. Sent by a client other than the platform, or the network is slow: see
    /// [`Receiver::with_body_timeout`](crate::Receiver::with_body_timeout).
    #[error("the body took longer than {timeout:?}")]
    BodyTimeout {
        /// The timeout that is set.
        timeout: Duration,
    },

    /// The body is compressed. No platform compresses its callbacks, so a proxy did; what is signed is the
    /// body that the platform sent.
    #[error("the body is compressed: its content encoding is {encoding}")]
    BodyCompressed {
        /// The encoding, if it is one of the usual ones, or `unknown`.
        encoding: &'static str,
    },

    /// The query and the body name different commands (Tencent). Something on the way changed one.
    #[error("the query and the body name different commands")]
    CommandsDiffer,

    /// The timestamp is further ahead than the tolerance. The sender's clock or this machine's is
    /// wrong, or the callback is forged.
    #[error("sent {ahead:?} ahead of this machine's clock")]
    TimestampInFuture {
        /// How far ahead of now the timestamp is.
        ahead: Duration,
    },

    /// The request cannot be read as a callback. Sent by a client other than the platform, or a proxy rewrote it.
    #[error("unreadable: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },

    /// The request is not a `POST`. It is a browser, or a health check.
    #[error("not a POST request")]
    MethodNotAllowed,

    /// No receiver is configured for the route. This server's fault.
    #[error("not configured: there is no `{missing}` where the adapter looks for it")]
    NotConfigured {
        /// The type that is missing.
        missing: &'static str,
    },

    /// A part of the signature is missing. Signing is not switched on at the provider, or the
    /// request is not the platform's.
    #[error("not signed: `{part}` is missing")]
    NotSigned {
        /// The field or parameter that is not there.
        part: &'static str,
    },

    /// A parameter is given twice, so that two readers could understand two things.
    #[error("duplicate parameter or member")]
    DuplicateParameter,

    /// The signature was first seen with other content. It is forged: an attacker who observed the
    /// signature attached a different body to it.
    #[error("the signature was first seen with other content")]
    SignatureReused,

    /// The timestamp is further back than the tolerance. A replay, or one of the clocks is wrong.
    #[error("stale: sent {age:?} ago")]
    Stale {
        /// How far behind now the timestamp is.
        age: Duration,
    },

    /// The app is not one of the configured ones. The app id here is wrong, another app of yours
    /// uses this URL, or the request is not the platform's.
    #[error("the app is not configured")]
    UnknownApp,

    /// No secret gives the signature. The secret here is wrong, or the request is forged.
    #[error("the signature is wrong")]
    WrongSignature,
}

impl Refusal {
    /// The HTTP status of the response. All deliveries that are not authentic get the same one, so the response never
    /// reveals which check failed.
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

/// Why a provider cannot be configured so. The operator's fault, found at start-up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An app id is not a number.
    #[error("the app id cannot be used: {problem}")]
    AppId {
        /// The problem with its text.
        problem: &'static str,
    },

    /// An app is configured twice. Several secrets of one app go into one
    /// [`Secrets`](crate::Secrets).
    #[error("the app {app_id} is configured twice")]
    DuplicateApp {
        /// The app's id.
        app_id: u64,
    },

    /// A retention that is too short: the same bytes would be handled again while they are fresh, or a
    /// retry after the first try.
    #[error("a retention under {min:?} handles replays and retries again")]
    RetentionTooShort {
        /// The least that is possible: twice the tolerance, and longer than any platform retries.
        min: Duration,
    },

    /// A retention that no store can hold.
    #[error("a retention over {max:?} is more than a store can hold")]
    RetentionTooLong {
        /// The most that is possible.
        max: Duration,
    },

    /// A secret is nothing but white space.
    #[error("a secret is blank")]
    SecretBlank,

    /// A secret is empty, so anyone could sign.
    #[error("a secret is empty")]
    SecretEmpty,

    /// A secret has white space around it; a file's final newline, perhaps.
    #[error("a secret has white space around it, perhaps a final newline")]
    SecretPadded,

    /// A tolerance under which a provider's own callbacks or retries would be refused.
    #[error("a tolerance under {min:?} refuses honest callbacks")]
    ToleranceTooNarrow {
        /// The least that is possible.
        min: Duration,
    },

    /// A tolerance that no store can remember deliveries for.
    #[error("a tolerance over {max:?} is more than a store can remember")]
    ToleranceTooWide {
        /// The most that is possible.
        max: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_settings_names_the_setting() {
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
