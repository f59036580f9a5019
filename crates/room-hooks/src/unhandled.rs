use std::fmt;

use crate::{Answer, Outcome, Provider, Refusal};

/// The end of a delivery that reaches no handler: it is refused, or it is an authentic event of a
/// kind that the handler did not ask for.
///
/// Adapters turn it into their framework's response and add nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unhandled {
    /// What the sender is to be answered.
    pub answer: Answer,
    /// Why the delivery was refused; `None` if it was not. The sender must not see it.
    pub refusal: Option<Refusal>,
}

impl Unhandled {
    /// An authentic delivery that the handler did not ask for. It is acknowledged, since the sender
    /// would only repeat it.
    #[must_use]
    pub fn not_asked_for<P: Provider>() -> Self {
        Self {
            answer: P::answer(Outcome::Acknowledged),
            refusal: None,
        }
    }

    pub(crate) fn refused<P: Provider>(refusal: Refusal) -> Self {
        Self {
            answer: P::answer(Outcome::Refused(&refusal)),
            refusal: Some(refusal),
        }
    }
}

impl fmt::Display for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            Some(_) => f.write_str("delivery refused"),
            None => f.write_str("delivery acknowledged: not the event that was asked for"),
        }
    }
}

impl std::error::Error for Unhandled {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.refusal.as_ref().map(|refusal| refusal as _)
    }
}
