use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{Document, Other, RoomEvent, lenient::Text};

use super::{RoomCreated, Zego, envelope::Envelope};

/// Everything that ZEGO can send.
///
/// Serialises as it is on the wire, its name under `event`, without what signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event")]
#[non_exhaustive]
pub enum Event {
    /// A room was created.
    #[serde(rename = "room_create")]
    RoomCreated(RoomCreated),
    /// Anything else, as it arrived.
    #[serde(untagged)]
    Other(Other),
}

impl Event {
    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Self {
        let name = envelope.event.as_ref().map_or("", |Text(name)| name);
        let decoded = match name {
            RoomCreated::NAME if !envelope.is_express() => document.decode(),
            // What some pages called the event for a while; a group's own has no room.
            "group_create" if envelope.has_room() => document.decode(),
            _ => return Self::Other(Other::unknown(name, document)),
        };
        match decoded {
            Ok(created) => Self::RoomCreated(created),
            Err(error) => Self::Other(Other::misshapen(name, document, &error)),
        }
    }
}

impl RoomEvent for Event {
    type Provider = Zego;

    fn narrow(event: Self) -> Result<Self, Self> {
        Ok(event)
    }

    fn name(&self) -> &str {
        match self {
            Self::RoomCreated(created) => created.name(),
            Self::Other(other) => &other.name,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::RoomCreated(created) => created.kind(),
            Self::Other(_) => "other",
        }
    }

    fn room_id(&self) -> Option<&str> {
        match self {
            Self::RoomCreated(created) => created.room_id(),
            Self::Other(other) => other.room_id.as_deref(),
        }
    }

    fn operator(&self) -> Option<&str> {
        match self {
            Self::RoomCreated(created) => created.operator(),
            Self::Other(_) => None,
        }
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        match self {
            Self::RoomCreated(created) => created.occurred_at(),
            Self::Other(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let envelope = Envelope::read(document.as_str()).map_err(D::Error::custom)?;
        Ok(Self::decode(&envelope, &document))
    }
}
