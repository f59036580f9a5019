use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Document, RoomEvent, catalogue::events, document, scalar::Text};

use super::{RoomInfoUpdated, Tencent};

events! {
    /// Everything that Tencent can send.
    ///
    /// Serialises as it is on the wire, its name under `CallbackCommand`.
    pub enum Event of Tencent in "tencent", written by on_wire {
        /// The information of a room was changed.
        RoomInfoUpdated(RoomInfoUpdated) =
            "Room.CallbackAfterUpdateRoomInfo" | "Room.CallbackUpdateRoomInfo",
    }
}

/// The outermost member that tells what a callback is; the rest is only skipped over.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "CallbackCommand", alias = "WebhookCommand", borrow)]
    pub(super) command: Option<Text<'a>>,
}

impl Event {
    pub(super) fn decode(command: &str, document: &Document) -> Self {
        Self::read(command, command, document.as_str(), document)
    }
}

fn on_wire<E, S>(event: &E, serializer: S) -> Result<S::Ok, S::Error>
where
    E: RoomEvent + Serialize,
    S: Serializer,
{
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named<'a, E> {
        callback_command: &'a str,
        #[serde(flatten)]
        members: &'a E,
    }
    Named { callback_command: event.name(), members: event }.serialize(serializer)
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let envelope: Envelope<'_> =
            document::envelope(document.as_str()).map_err(D::Error::custom)?;
        let command = envelope.command.as_ref().map_or("", |Text(command)| command);
        Ok(Self::decode(command, &document))
    }
}
