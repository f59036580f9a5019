//! Stage 3, the content: documents and their values, the tables of events and questions, and the
//! delivery id.

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

/// A callback that a handler can take: one kind of event or question, or all events or all
/// questions of a provider.
///
/// ```
/// use room_hooks::Callback;
///
/// fn log(callback: &impl Callback) {
///     let (kind, room, user) = (callback.kind(), callback.room_id(), callback.operator());
///     println!("{kind} in room {room:?} by {user:?} at {:?}", callback.occurred_at());
/// }
/// ```
pub trait Callback: Clone + Debug + Serialize + Send + Sync + Sized + 'static {
    /// The provider that sends the callback.
    type Provider: Provider;

    /// The type of all events of the provider, or of all its questions.
    type Any: Callback<Provider = Self::Provider, Any = Self::Any>;

    /// The [`kind`](Self::kind) of every callback of this type; `None` for the types that hold all
    /// kinds.
    const KIND: Option<&'static str>;

    /// Every [`kind`](Self::kind) of a provider's events or questions; empty for a single kind.
    #[doc(hidden)]
    const KINDS: &'static [&'static str] = &[];

    /// Converts an event or question to this kind, or returns it unchanged.
    ///
    /// # Errors
    ///
    /// The callback is of another kind.
    fn downcast(any: Self::Any) -> Result<Self, Self::Any>;

    /// Converts a received callback to this kind, or returns it unchanged.
    #[doc(hidden)]
    fn select(received: Received<Self::Provider>) -> Result<Self, Received<Self::Provider>>;

    /// The type that a handler must ask for to receive this callback, by its path in this crate.
    #[doc(hidden)]
    fn rust_type(&self) -> &'static str;

    /// The callback's name on the wire.
    fn name(&self) -> &str;

    /// The callback's kind, from a closed set, so that it can label a metric: the name on the wire,
    /// prefixed with the product where two products share the name (`express/room_create`), or
    /// `raw` for a callback without a type.
    fn kind(&self) -> &'static str {
        Self::KIND.unwrap_or("raw")
    }

    /// The results of the four methods below.
    #[doc(hidden)]
    fn facts(&self) -> Facts<'_>;

    /// The id of the room that the callback is about.
    fn room_id(&self) -> Option<&str> {
        self.facts().room_id
    }

    /// The user whose action caused the callback; `None` if no user caused it, or if the provider
    /// does not name the user.
    fn operator(&self) -> Option<&str> {
        self.facts().operator
    }

    /// When the callback's cause happened, if the callback says so.
    /// [`Verified::sent_at`](crate::Contents::sent_at) is when it was sent.
    fn occurred_at(&self) -> Option<SystemTime> {
        self.facts().occurred_at
    }

    /// The number of the room's session, which distinguishes successive rooms with the same id;
    /// only ZEGO Express reports it.
    fn session(&self) -> Option<u64> {
        self.facts().session
    }
}

/// A callback that reports something that happened: one kind of event, or a provider's `Event`,
/// which can be any kind.
///
/// ```
/// use room_hooks::{RoomEvent, Verified};
///
/// /// Logs any event of any provider.
/// fn log<E: RoomEvent>(verified: &Verified<E>) {
///     println!("{} {:?}", verified.event.kind(), verified.id());
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a provider",
    label = "not an event",
    note = "ask for one kind, such as `room_hooks::RoomCreated`, or for all of them with \
            `zego::Event`, `tencent::Event` or `trtc::Event`",
    note = "a question, such as `tencent::live::BeforeSendGift`, has a handler that returns a decision: add it with \
            `Hooks::answer`"
)]
pub trait RoomEvent: Callback<Any = <<Self as Callback>::Provider as Provider>::Event> {
    /// The paths of fields that each distinguish this event from an otherwise equal one.
    #[doc(hidden)]
    fn distinct_by(&self) -> &'static [&'static str];
}

/// The facts that every callback reports, as its row in the provider's table defines them.
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

    /// Sets the operator. An empty operator is not a user.
    pub(crate) fn by(self, operator: Option<&'a str>) -> Self {
        Self { operator: operator.filter(|user| !user.is_empty()), ..self }
    }

    /// Sets the time, in Unix milliseconds.
    pub(crate) fn at(self, millis: Option<u64>) -> Self {
        Self { occurred_at: millis.and_then(at_millis), ..self }
    }

    /// Sets the time, in Unix milliseconds, unless there is one already.
    pub(crate) fn at_or(self, millis: Option<u64>) -> Self {
        Self { occurred_at: self.occurred_at.or(millis.and_then(at_millis)), ..self }
    }

    pub(crate) fn in_session(self, session: Option<u64>) -> Self {
        Self { session, ..self }
    }
}

/// The first 128 characters of an untrusted text, for a log or span.
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
