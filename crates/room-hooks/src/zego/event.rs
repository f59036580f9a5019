use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Document, Refusal, RoomEvent, event::table::events};

use super::{
    RoomCreated, RoomDestroyed, RoomEntered, RoomExited, Zego, envelope::Envelope, express,
};

events! {
    /// Everything that ZEGO can send.
    ///
    /// Serialises as it is on the wire, its name under `event`, without what signed it.
    pub enum Event of Zego in "zego", read by serde_json::from_str, written by on_wire {
        /// A room was created (ZIM).
        RoomCreated(RoomCreated) = "room_create";
        /// A user entered a room (ZIM).
        RoomEntered(RoomEntered) = "room_enter";
        /// Users left a room (ZIM).
        RoomExited(RoomExited) = "room_exit";
        /// A room was destroyed (ZIM).
        RoomDestroyed(RoomDestroyed) = "room_destroy";
        /// A room was created (Express).
        ExpressRoomCreated(express::RoomCreated) = "room_create" as "express/room_create",
            distinct by "room_create_time";
        /// A room was closed (Express).
        ExpressRoomClosed(express::RoomClosed) = "room_close",
            distinct by "room_close_time";
        /// A user logged in to a room (Express).
        ExpressUserLoggedIn(express::UserLoggedIn) = "room_login",
            distinct by "login_time";
        /// A user logged out of a room (Express).
        ExpressUserLoggedOut(express::UserLoggedOut) = "room_logout",
            distinct by "logout_time";
    }
}

impl Event {
    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Result<Self, Refusal> {
        let name = &*envelope.event.string()?;
        let kind = match name {
            "room_create" if envelope.is_express => "express/room_create",
            // What some pages called the event for a while; a group's own has no room.
            "group_create" if envelope.has_room => "room_create",
            // A kind is no name.
            _ if name.contains('/') => "other",
            _ => name,
        };
        Self::read(kind, name, document)
    }
}

fn on_wire<E, S>(event: &E, serializer: S) -> Result<S::Ok, S::Error>
where
    E: RoomEvent + Serialize,
    S: Serializer,
{
    #[derive(Serialize)]
    struct Named<'a, E> {
        event: &'a str,
        #[serde(flatten)]
        members: &'a E,
    }
    Named { event: event.name(), members: event }.serialize(serializer)
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let envelope = Envelope::read(document.as_str()).map_err(D::Error::custom)?;
        Self::decode(&envelope, &document).map_err(D::Error::custom)
    }
}
