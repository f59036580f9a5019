use std::any::type_name;

use thiserror::Error;

use crate::{
    Disposition, FailurePolicy, Provider, Receiver, Refusal, adapter::CallbackResponse,
    event::excerpt, metrics,
};

/// Why a delivery reaches no handler.
///
/// Only a refusal is a failure. An event of another kind and a probe are authentic, and are
/// acknowledged: otherwise the sender would repeat them. A question is authentic, too, and is
/// allowed.
///
/// ```
/// use std::time::SystemTime;
///
/// use room_hooks::{Delivery, NotDelivered, Receiver, Verified, zego::{self, Zego}};
///
/// /// Returns the HTTP status of the response.
/// fn receive(receiver: &Receiver<Zego>, delivery: Delivery<'_>) -> u16 {
///     let received: Result<Verified<zego::RoomCreated>, _> =
///         receiver.receive(delivery, SystemTime::now());
///     match received {
///         Ok(created) => {
///             println!("{} is open", created.event.room_id);
///             200
///         }
///         Err(NotDelivered::OtherKind) => 200,
///         Err(not_delivered) => not_delivered.status(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotDelivered {
    /// The delivery is refused. The reason is for the operator; the sender must not see it.
    #[error("delivery refused")]
    Refused(#[source] Refusal),
    /// An authentic event of a kind that the handler does not take.
    #[error("delivery acknowledged: an event of another kind")]
    OtherKind,
    /// An authentic question that the handler does not answer.
    #[error("question of another kind")]
    Question {
        /// The question's name on the wire.
        name: Box<str>,
    },
    /// An authentic question whose body cannot be read, or was consumed by another part of this
    /// server.
    #[error("question without a readable body")]
    UnreadableQuestion {
        /// The question's name on the wire.
        name: Box<str>,
        /// Why the body cannot be read. For the operator, as in a refusal.
        #[source]
        reason: Refusal,
    },
    /// An authentic request without an event, such as a console's check of the URL.
    #[error("delivery acknowledged: no event")]
    Probe,
}

impl NotDelivered {
    /// The reason, if the delivery is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::OtherKind
            | Self::Question { .. }
            | Self::UnreadableQuestion { .. }
            | Self::Probe => None,
        }
    }

    /// The HTTP status of the response: 200 for everything but a refusal.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.refusal().map_or(200, Refusal::status)
    }

    /// The response that the sender expects. It allows a question; hooks apply their
    /// [`FailurePolicy`] instead.
    #[must_use]
    pub fn response<P: Provider>(&self) -> CallbackResponse {
        match self {
            Self::Refused(refusal) => P::response(&Disposition::Refused(refusal.clone())),
            Self::OtherKind | Self::Probe => P::response(&Disposition::NoHandler),
            Self::Question { .. } | Self::UnreadableQuestion { .. } => {
                P::undecided(FailurePolicy::Open)
            }
        }
    }

    /// Refuses a delivery to a route without a receiver, for frameworks that notice this only when
    /// a delivery arrives. This server is at fault, so the response is 500.
    #[must_use]
    pub fn not_configured<P: Provider>() -> Self {
        Self::refused::<P>(Refusal::NotConfigured { missing: type_name::<Receiver<P>>() })
    }

    /// Refuses an unverified delivery: logs and counts it.
    pub(crate) fn refused<P: Provider>(refusal: Refusal) -> Self {
        Self::log::<P>(&refusal);
        metrics::delivery(P::NAME, "none", "refused");
        Self::Refused(refusal)
    }

    /// Logs a verified question that no handler can answer, because its body is missing or
    /// unreadable.
    pub(crate) fn unreadable_question<P: Provider>(name: Box<str>, reason: Refusal) -> Self {
        let (provider, question) = (P::NAME, excerpt(&name));
        match reason {
            Refusal::BodyAlreadyConsumed => {
                tracing::error!(provider, question, %reason, "question lost its body");
            }
            _ => tracing::error!(provider, question, %reason, "question cannot be read"),
        }
        Self::UnreadableQuestion { name, reason }
    }

    pub(crate) fn log<P: Provider>(refusal: &Refusal) {
        let provider = P::NAME;
        match refusal.status() {
            // Browsers and health checks need no warning.
            405 => tracing::debug!(provider, reason = %refusal, "delivery refused"),
            500.. => tracing::error!(provider, reason = %refusal, "delivery refused"),
            _ => tracing::warn!(provider, reason = %refusal, "delivery refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::{tencent::Tencent, zego::Zego};

    #[test]
    fn a_refusal_is_the_source_and_not_in_the_text() {
        let refused = NotDelivered::refused::<Zego>(Refusal::WrongSignature);
        assert_eq!(refused.to_string(), "delivery refused");
        assert_eq!(refused.source().unwrap().to_string(), Refusal::WrongSignature.to_string());
        assert!(NotDelivered::OtherKind.source().is_none());
    }

    #[test]
    fn only_a_refusal_is_answered_with_an_error_status() {
        for (not_delivered, status) in [
            (NotDelivered::Refused(Refusal::WrongSignature), 401),
            (NotDelivered::not_configured::<Tencent>(), 500),
            (NotDelivered::OtherKind, 200),
            (NotDelivered::Question { name: "x".into() }, 200),
            (
                NotDelivered::UnreadableQuestion {
                    name: "x".into(),
                    reason: Refusal::BodyAlreadyConsumed,
                },
                200,
            ),
            (NotDelivered::Probe, 200),
        ] {
            assert_eq!(not_delivered.status(), status);
            assert_eq!(not_delivered.response::<Tencent>().status, status);
        }
    }
}
