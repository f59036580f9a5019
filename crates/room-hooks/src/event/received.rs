use serde::{Serialize, Serializer};

use crate::{Callback, Facts, Provider};

/// All that a provider can send: an event, or a question.
///
/// For adapters, which pass either on. A handler asks for the one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a callback either reports or asks")]
pub enum Received<P: Provider> {
    /// It reports what happened.
    Event(P::Event),
    /// It asks whether something may happen.
    Question(P::Question),
}

impl<P: Provider> Callback for Received<P> {
    type Provider = P;
    type Any = Self;
    const KIND: Option<&'static str> = None;

    fn downcast(any: Self) -> Result<Self, Self> {
        Ok(any)
    }

    fn select(received: Self) -> Result<Self, Self> {
        Ok(received)
    }

    fn rust_type(&self) -> &'static str {
        match self {
            Self::Event(event) => event.rust_type(),
            Self::Question(question) => question.rust_type(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Event(event) => event.name(),
            Self::Question(question) => question.name(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Event(event) => event.kind(),
            Self::Question(question) => question.kind(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Event(event) => event.facts(),
            Self::Question(question) => question.facts(),
        }
    }
}

impl<P: Provider> Serialize for Received<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(event) => event.serialize(serializer),
            Self::Question(question) => question.serialize(serializer),
        }
    }
}
