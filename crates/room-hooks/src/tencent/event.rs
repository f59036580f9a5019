use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{Document, Other, RoomEvent, document, lenient::Text};

use super::{RoomInfoUpdated, Tencent};

/// Everything that Tencent can send.
///
/// Serialises as it is on the wire, its name under `CallbackCommand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "CallbackCommand")]
#[non_exhaustive]
pub enum Event {
    /// The information of a room was changed.
    #[serde(rename = "Room.CallbackAfterUpdateRoomInfo")]
    RoomInfoUpdated(RoomInfoUpdated),
    /// The console checks whether the URL answers. No handler is called for it, not even one that
    /// asks for the whole `Event`: it is acknowledged, and nothing has happened in any room.
    #[serde(untagged)]
    Probe {},
    /// Anything else, as it arrived.
    #[serde(untagged)]
    Other(Other),
}

/// The outermost member that tells what a callback is; the rest is only skipped over.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "CallbackCommand", alias = "WebhookCommand", borrow)]
    pub(super) command: Option<Text<'a>>,
}

impl Event {
    pub(super) fn decode(command: Option<&str>, document: &Document) -> Self {
        let name = match command {
            Some(name) => name,
            None if document.is_empty() => return Self::Probe {},
            None => "",
        };
        let decoded = match name {
            RoomInfoUpdated::NAME | RoomInfoUpdated::OLDER_NAME => document.decode(),
            _ => return Self::Other(Other::unknown(name, document)),
        };
        match decoded {
            Ok(updated) => Self::RoomInfoUpdated(updated),
            Err(error) => Self::Other(Other::misshapen(name, document, &error)),
        }
    }
}

impl RoomEvent for Event {
    type Provider = Tencent;

    fn narrow(event: Self) -> Result<Self, Self> {
        match event {
            Self::Probe {} => Err(event),
            _ => Ok(event),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::RoomInfoUpdated(updated) => updated.name(),
            Self::Probe {} => "",
            Self::Other(other) => &other.name,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::RoomInfoUpdated(updated) => updated.kind(),
            Self::Probe {} => "probe",
            Self::Other(_) => "other",
        }
    }

    fn room_id(&self) -> Option<&str> {
        match self {
            Self::RoomInfoUpdated(updated) => updated.room_id(),
            Self::Probe {} => None,
            Self::Other(other) => other.room_id.as_deref(),
        }
    }

    fn operator(&self) -> Option<&str> {
        match self {
            Self::RoomInfoUpdated(updated) => updated.operator(),
            Self::Probe {} | Self::Other(_) => None,
        }
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        match self {
            Self::RoomInfoUpdated(updated) => updated.occurred_at(),
            Self::Probe {} | Self::Other(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let envelope: Envelope<'_> =
            document::envelope(document.as_str()).map_err(D::Error::custom)?;
        let command = envelope.command.as_ref().map(|Text(command)| &**command);
        Ok(Self::decode(command, &document))
    }
}
