use std::any::type_name;

use thiserror::Error;

use crate::{CallbackResponse, Disposition, Provider, Receiver, Refusal, metrics};

/// The end of a delivery that reaches no handler: it is refused, or it is an authentic event of a
/// kind that the handler did not ask for.
///
/// Adapters turn it into their framework's response and add nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("delivery {}", if refusal.is_some() { "refused" } else { "acknowledged: no handler" })]
#[non_exhaustive]
pub struct Unhandled {
    /// The response to the sender.
    pub response: CallbackResponse,
    /// Why the delivery was refused; `None` if it was not. The sender must not see it.
    #[source]
    pub refusal: Option<Refusal>,
}

impl Unhandled {
    /// An authentic event that the handler did not ask for. It is acknowledged, since the sender would
    /// only repeat it.
    pub(crate) fn no_handler<P: Provider>() -> Self {
        Self { response: P::response(&Disposition::NoHandler), refusal: None }
    }

    /// A delivery to a route that has no receiver: this server's fault, so
    /// that the sender is to try again. For frameworks that find out only when a delivery comes.
    #[must_use]
    pub fn not_configured<P: Provider>() -> Self {
        Self::refused::<P>(Refusal::NotConfigured { missing: type_name::<Receiver<P>>() })
    }

    /// Every refusal passes here, so each is logged and counted, once.
    pub(crate) fn refused<P: Provider>(refusal: Refusal) -> Self {
        let provider = P::NAME;
        match refusal.status() {
            // A browser or a health check is no cause for alarm.
            405 => tracing::debug!(provider, reason = %refusal, "delivery refused"),
            500.. => tracing::error!(provider, reason = %refusal, "delivery refused"),
            _ => tracing::warn!(provider, reason = %refusal, "delivery refused"),
        }
        metrics::delivery(provider, "none", "refused");
        let response = P::response(&Disposition::Refused(refusal.clone()));
        Self { response, refusal: Some(refusal) }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use crate::zego::Zego;

    use super::*;

    #[test]
    fn a_refusal_is_the_source_and_not_in_the_text() {
        let refused = Unhandled::refused::<Zego>(Refusal::WrongSignature);
        assert_eq!(refused.to_string(), "delivery refused");
        assert_eq!(refused.source().unwrap().to_string(), Refusal::WrongSignature.to_string());
        let acknowledged = Unhandled::no_handler::<Zego>();
        assert!(acknowledged.to_string().starts_with("delivery acknowledged"));
        assert!(acknowledged.source().is_none());
    }
}
