use serde::Serializer;

use crate::{
    Document, Facts, Refusal, RoomEvent,
    event::{
        document::string,
        table::{events, named},
    },
};

use super::{
    RoomCreated, RoomDestroyed, RoomEntered, RoomExited, Zego,
    envelope::{Envelope, EventName},
    express,
};

events! {
    /// Everything that ZEGO can send.
    ///
    /// Serializes as it is on the wire, its name under `event`, without what signed it.
    pub enum Event of Zego in "zego", read by serde_json::from_str, written by on_wire,
        distinct by []
        => |event| Facts::of(&*event.room_id).by(event.operator_account.as_deref());
    /// A room was created (ZIM).
    RoomCreated(RoomCreated) = "room_create";
    /// A user entered a room (ZIM).
    RoomEntered(RoomEntered) = "room_enter"
        => |event| Facts::of(&*event.room_id).by(event.user());
    /// Users left a room (ZIM).
    RoomExited(RoomExited) = "room_exit"
        => |event| Facts::of(&*event.room_id).by(event.user());
    /// A room was destroyed (ZIM).
    RoomDestroyed(RoomDestroyed) = "room_destroy";
    /// A room was created (Express).
    ExpressRoomCreated(express::RoomCreated) = "room_create" as "express/room_create",
        distinct by "room_create_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.id_name.as_deref())
            .at(event.room_create_time)
            .in_session(event.room_session_id);
    /// A room was closed (Express). It has no operator.
    ExpressRoomClosed(express::RoomClosed) = "room_close",
        distinct by "room_close_time"
        => |event| Facts::of(&*event.room_id)
            .at(event.room_close_time)
            .in_session(event.room_session_id);
    /// A user logged in to a room (Express).
    ExpressUserLoggedIn(express::UserLoggedIn) = "room_login",
        distinct by "login_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_account.as_deref())
            .at(event.login_time)
            .in_session(event.room_seq);
    /// A user logged out of a room (Express).
    ExpressUserLoggedOut(express::UserLoggedOut) = "room_logout",
        distinct by "logout_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_account.as_deref())
            .at(event.logout_time)
            .in_session(event.room_seq);
}

impl Event {
    /// The event of a document.
    pub(super) fn of(document: &Document) -> Result<Self, Refusal> {
        Ok(Self::decode(&Envelope::read(document)?, document))
    }

    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Self {
        let name = match envelope.event {
            EventName::Name(json) => string(json).unwrap_or_default(),
            EventName::Number(product, number) => format!("{product}/{number}").into(),
        };
        let kind = match (&envelope.event, &*name) {
            (EventName::Number(..), name) => name,
            (_, "room_create") if envelope.is_express => "express/room_create",
            // What some pages called the event for a while; a group's own has no room.
            (_, "group_create") if envelope.has_room => "room_create",
            // A kind is not a name.
            (_, name) if name.contains('/') => "raw",
            (_, name) => name,
        };
        Self::read(kind, &name, document.as_str(), document)
    }
}

fn on_wire<E: RoomEvent, S: Serializer>(event: &E, serializer: S) -> Result<S::Ok, S::Error> {
    named("event", event, serializer)
}
