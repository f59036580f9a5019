use crate::{Answer, Outcome, Provider, Refusal, Unhandled};

/// How a verified delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// No handler asks for it.
    NotAskedFor,
    /// The handler has returned.
    Handled,
    /// It had been handled before.
    Duplicate,
    /// Another try of it is being handled.
    InProgress,
    /// Its signature belongs to another.
    SignatureReused,
    /// The handler returned an error or panicked.
    Failed,
    /// The handler is still running.
    Late,
    /// Nobody could say whether it is to be handled.
    Unclaimable,
}

impl Ending {
    pub(super) fn answer<P: Provider>(self) -> Answer {
        match self {
            Self::NotAskedFor | Self::Handled | Self::Duplicate => P::answer(Outcome::Acknowledged),
            Self::SignatureReused => Unhandled::refused::<P>(Refusal::SignatureReused).answer,
            Self::Failed => P::answer(Outcome::Failed),
            Self::InProgress | Self::Late | Self::Unclaimable => P::answer(Outcome::Unavailable),
        }
    }

    /// The name in logs and metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotAskedFor => "not_asked_for",
            Self::Handled => "handled",
            Self::Duplicate => "duplicate",
            Self::InProgress => "in_progress",
            Self::SignatureReused => "signature_reused",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Unclaimable => "unclaimable",
        }
    }
}
