use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{Document, Refusal, lenient::Lenient};

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
    /// Keeps an event of a name that no type stands for, if it is one: nobody has read the whole yet.
    pub(crate) fn unknown(name: &str, document: &Document) -> Result<Self, Refusal> {
        let room_id = match document.decode::<Room<'_>>() {
            Ok(room) => room.id(),
            // A place is there twice, perhaps, and what comes after it has not been read.
            Err(_) => document
                .decode::<IgnoredAny>()
                .map(|_| None)
                .map_err(|_| Refusal::Malformed { what: "the body is not JSON" })?,
        };
        Ok(Self { name: name.into(), room_id, document: document.clone(), error: None })
    }

    /// Keeps an event of a known name that could not be read as its type.
    pub(crate) fn misshapen(
        name: &str,
        document: &Document,
        error: &serde_json::Error,
    ) -> Result<Self, Refusal> {
        let other = Self::unknown(name, document)?;
        // It quotes what it did not expect, of any length.
        let error: String = error.to_string().chars().take(200).collect();
        // A handler that asks for the known kind does not see it, and its operator should know.
        tracing::warn!(event = name, error, "an event of a known name has another shape");
        Ok(Self { error: Some(error.into()), ..other })
    }
}

impl Serialize for Other {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// The places where the providers put a room's id, nothing in them believed to be of any shape.
#[derive(Deserialize)]
struct Room<'a> {
    #[serde(borrow)]
    room_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "RoomId")]
    upper_case: Option<&'a RawValue>,
    #[serde(borrow, rename = "RoomInfo")]
    room_info: Option<&'a RawValue>,
    #[serde(borrow, rename = "EventInfo")]
    event_info: Option<&'a RawValue>,
}

impl Room<'_> {
    fn id(self) -> Option<Box<str>> {
        let text = |raw: &RawValue| String::read(raw).ok().flatten();
        let outside = [self.room_id, self.upper_case].into_iter().flatten().find_map(text);
        let mut inside = [self.room_info, self.event_info].into_iter().flatten();
        let inside =
            || inside.find_map(|raw| serde_json::from_str::<Room<'_>>(raw.get()).ok()?.id());
        outside.map(Into::into).or_else(inside)
    }
}
