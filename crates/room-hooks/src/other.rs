use serde::{Deserialize, Serialize, Serializer};

use crate::{Document, lenient};

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
    /// Keeps an event of a name that no type stands for.
    pub(crate) fn unknown(name: &str, document: &Document) -> Self {
        Self {
            name: name.into(),
            room_id: document.decode::<Room>().ok().and_then(Room::id),
            document: document.clone(),
            error: None,
        }
    }

    /// Keeps an event of a known name that could not be read as its type.
    pub(crate) fn misshapen(name: &str, document: &Document, error: &serde_json::Error) -> Self {
        // A handler that asks for the known kind does not see it, and its operator should know.
        tracing::warn!(event = name, %error, "an event of a known name has another shape");
        Self { error: Some(error.to_string().into()), ..Self::unknown(name, document) }
    }
}

impl Serialize for Other {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// The places where the providers put a room's id.
#[derive(Deserialize)]
struct Room {
    #[serde(default, alias = "RoomId", deserialize_with = "lenient::optional")]
    room_id: Option<String>,
    #[serde(default, alias = "RoomInfo", alias = "EventInfo")]
    inside: Option<Inside>,
}

#[derive(Deserialize)]
struct Inside {
    #[serde(default, rename = "RoomId", deserialize_with = "lenient::optional")]
    room_id: Option<String>,
}

impl Room {
    fn id(self) -> Option<Box<str>> {
        let id = self.room_id.or_else(|| self.inside?.room_id)?;
        Some(id.into())
    }
}
