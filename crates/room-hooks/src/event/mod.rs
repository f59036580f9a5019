//! Stage 3, what it says: the document, its values, the tables of a provider's events and questions, and the delivery
//! id.

pub(crate) mod canonical;
pub(crate) mod document;
pub(crate) mod id;
pub(crate) mod lenient;
pub(crate) mod macros;
pub(crate) mod question;
pub(crate) mod raw;
pub(crate) mod received;
pub(crate) mod spelling;
pub(crate) mod surrogates;
pub(crate) mod table;
pub(crate) mod unix_time;

use std::{fmt::Debug, time::SystemTime};

use serde::Serialize;

use crate::Provider;

use self::{received::Received, unix_time::at_millis};

/// What a provider sends and a handler can ask for: an event of a kind or a question of a kind, or all events or all
/// questions of the provider.
pub trait Callback: Clone + Debug + Serialize + Send + Sync + Sized + 'static {
    /// The provider that sends it.
    type Provider: Provider;

    /// All events of the provider, or all its questions.
    type Any: Callback<Provider = Self::Provider, Any = Self::Any>;

    /// The [`kind`](Self::kind) of every callback of this type; `None` for all events or questions of a provider.
    const KIND: Option<&'static str>;

    /// Every [`kind`](Self::kind) of a provider's events or questions; empty for a single kind.
    #[doc(hidden)]
    const KINDS: &'static [&'static str] = &[];

    /// Takes an event or question as this kind, or hands it back.
    ///
    /// # Errors
    ///
    /// It is of another kind.
    fn downcast(any: Self::Any) -> Result<Self, Self::Any>;

    /// Takes what was received as this kind, or hands it back.
    #[doc(hidden)]
    fn select(received: Received<Self::Provider>) -> Result<Self, Received<Self::Provider>>;

    /// The type that a handler asks for to receive this, by its path in this crate.
    #[doc(hidden)]
    fn rust_type(&self) -> &'static str;

    /// The name on the wire.
    fn name(&self) -> &str;

    /// The kind from a closed set, fit for a metric's label: the wire's name for a callback that
    /// has a type, with the product in front where two products share it (`express/room_create`), and
    /// `raw` for all that has none.
    fn kind(&self) -> &'static str {
        Self::KIND.unwrap_or("raw")
    }

    /// The answers to the four questions below.
    #[doc(hidden)]
    fn facts(&self) -> Facts<'_>;

    /// The room that it is about.
    fn room_id(&self) -> Option<&str> {
        self.facts().room_id
    }

    /// The user whose action caused it; `None` if no user did, or the provider does not say.
    fn operator(&self) -> Option<&str> {
        self.facts().operator
    }

    /// When it happened, where the callback itself says so; [`Verified::sent_at`](crate::Contents::sent_at) is
    /// when it was sent.
    fn occurred_at(&self) -> Option<SystemTime> {
        self.facts().occurred_at
    }

    /// What tells two lives of one room id apart, where the provider says so (ZEGO Express).
    fn session(&self) -> Option<u64> {
        self.facts().session
    }
}

/// A callback that reports what happened: a provider's whole `Event`, or one kind of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a provider",
    label = "not an event",
    note = "ask for one kind, such as `room_hooks::RoomCreated`, or for all of them with \
            `zego::Event`, `tencent::Event` or `trtc::Event`",
    note = "a question, such as `tencent::live::BeforeSendGift`, has a handler that returns a decision: add it with \
            `Hooks::answer`"
)]
pub trait RoomEvent: Callback<Any = <<Self as Callback>::Provider as Provider>::Event> {
    /// The members, by their paths, of which one tells the event from the next that is equal.
    #[doc(hidden)]
    fn distinct_by(&self) -> &'static [&'static str];
}

/// What every callback answers, as its row in the provider's table has it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    room_id: Option<&'a str>,
    operator: Option<&'a str>,
    occurred_at: Option<SystemTime>,
    session: Option<u64>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(room_id: impl Into<Option<&'a str>>) -> Self {
        Self { room_id: room_id.into(), ..Self::default() }
    }

    /// An empty operator is not a user.
    pub(crate) fn by(self, operator: Option<&'a str>) -> Self {
        Self { operator: operator.filter(|user| !user.is_empty()), ..self }
    }

    /// By its time in Unix milliseconds.
    pub(crate) fn at(self, millis: Option<u64>) -> Self {
        Self { occurred_at: millis.and_then(at_millis), ..self }
    }

    /// By another time in Unix milliseconds, unless it has one.
    pub(crate) fn at_or(self, millis: Option<u64>) -> Self {
        Self { occurred_at: self.occurred_at.or(millis.and_then(at_millis)), ..self }
    }

    pub(crate) fn in_session(self, session: Option<u64>) -> Self {
        Self { session, ..self }
    }
}

/// The beginning of a text from outside, for a log or span: at most 128 characters.
pub(crate) fn excerpt(text: &str) -> &str {
    text.char_indices().nth(128).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_128_characters_at_most() {
        for (characters, kept) in [(0, 0), (127, 127), (128, 128), (129, 128), (100_000, 128)] {
            assert_eq!(excerpt(&"é".repeat(characters)), "é".repeat(kept));
        }
    }
}
