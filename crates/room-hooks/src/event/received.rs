use serde::{Serialize, Serializer};

use crate::{Callback, Facts, Provider};

/// A callback of any type: an event or a question.
///
/// Adapters use this type to pass on both. A handler asks for one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a callback either reports or asks")]
pub enum Received<P: Provider> {
    /// The callback reports something that happened.
    Event(P::Event),
    /// The callback asks whether something may happen.
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
