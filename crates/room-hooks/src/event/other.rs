use serde::{Serialize, Serializer, de::IgnoredAny};
use serde_json::Deserializer;

use crate::{
    Document, Refusal, event::excerpt::excerpt, event::lenient::Lenient, event::members::outermost,
    event::scanner::Raw,
};

/// An authentic event that this crate has no type for, or whose shape is not the known one.
///
/// It is a value and not an error: the sender would only repeat it and then give up, and the event
/// would be lost. It serialises as its [`Document`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// The event's name on the wire.
    pub name: Box<str>,
    /// The room's id, where the document has one in a usual place.
    pub room_id: Option<Box<str>>,
    /// All that was sent.
    pub document: Document,
    /// For an event of a known name: how its shape differs from the known one.
    pub error: Option<Box<str>>,
}

impl Other {
    /// Keeps an event of a name that no type stands for. Its document has not been read as a whole until
    /// now.
    pub(crate) fn unknown(name: &str, document: &Document) -> Result<Self, Refusal> {
        document
            .decode::<IgnoredAny>()
            .map_err(|_| Refusal::Malformed { what: "the body is not JSON" })?;
        let room_id = room_id(document.as_str());
        Ok(Self { name: name.into(), room_id, document: document.clone(), error: None })
    }

    /// Keeps an event of a known name that could not be read as its type.
    pub(crate) fn misshapen(
        name: &str,
        document: &Document,
        error: &serde_json::Error,
    ) -> Result<Self, Refusal> {
        let other = Self::unknown(name, document)?;
        // It quotes the unexpected value, which may be of any length.
        let error = error.to_string();
        let error = excerpt(&error);
        // The handler of the known kind is not called, and the operator should know.
        tracing::warn!(event = excerpt(name), error, "an event of a known name has another shape");
        Ok(Self { error: Some(error.into()), ..other })
    }
}

impl Serialize for Other {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// Where the providers put a room's id: in a member of the document, or of an object that is a member.
pub(crate) const ROOM_ID: [&str; 2] = ["room_id", "RoomId"];
pub(crate) const AROUND_ROOM_ID: [&str; 2] = ["RoomInfo", "EventInfo"];

/// The room's id, looked for one level down and no further: a level more for each level of the document
/// would let a sender choose how much stack and time the search takes.
fn room_id(json: &str) -> Option<Box<str>> {
    let [snake_case, pascal_case] = ROOM_ID;
    let [room_info, event_info] = AROUND_ROOM_ID;
    let [first, second, room_info, event_info] =
        outermost(json, [snake_case, pascal_case, room_info, event_info]).ok()?;
    let around = [room_info, event_info].into_iter().flatten();
    let inside = around.flat_map(|around| outermost(around.get(), ROOM_ID).ok()).flatten();
    let mut places = [first, second].into_iter().chain(inside).flatten();
    let text = |raw: Raw<'_>| String::read(&mut Deserializer::from_str(raw.get())).ok().flatten();
    places.find_map(text).map(Into::into)
}
