use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Document, Refusal, RoomEvent, event::members::outermost, event::scanner::Raw,
    event::table::events,
};

use super::{
    COMMAND, MemberEntered, MemberLeft, RoomCreated, RoomDestroyed, RoomInfoUpdated,
    SeatInfoChanged, Tencent, live,
};

events! {
    /// Everything that Tencent can send.
    ///
    /// Serialises as it is on the wire, its name under `CallbackCommand`.
    pub enum Event of Tencent in "tencent", read by serde_json::from_str, written by on_wire {
        /// A room was created.
        RoomCreated(RoomCreated) = "Room.CallbackAfterCreateRoom",
            distinct by "EventTime";
        /// A room was destroyed.
        RoomDestroyed(RoomDestroyed) = "Room.CallbackAfterDestroyRoom",
            distinct by "EventTime";
        /// The information of a room was changed.
        RoomInfoUpdated(RoomInfoUpdated) =
            "Room.CallbackAfterUpdateRoomInfo" | "Room.CallbackUpdateRoomInfo",
            distinct by "EventTime";
        /// Users entered a room.
        MemberEntered(MemberEntered) = "Room.CallbackAfterMemberEnter",
            distinct by "EventTime";
        /// Users left a room.
        MemberLeft(MemberLeft) = "Room.CallbackAfterMemberLeave",
            distinct by "EventTime";
        /// The seats of a room have changed.
        SeatInfoChanged(SeatInfoChanged) = "Mic.CallbackAfterSeatInfoChanged",
            distinct by "EventTime";
        /// A room was created (Live).
        LiveRoomCreated(live::RoomCreated) = "Live.CallbackAfterCreateRoom",
            distinct by "EventTime" | "RoomInfo.EventTime";
        /// A room was destroyed (Live).
        LiveRoomDestroyed(live::RoomDestroyed) = "Live.CallbackAfterDestroyRoom",
            distinct by "EventTime";
        /// The information of a room was changed (Live).
        LiveRoomInfoUpdated(live::RoomInfoUpdated) = "Live.CallbackAfterUpdateRoomInfo",
            distinct by "EventTime" | "RoomInfo.EventTime";
        /// Metadata of a room were set (Live).
        LiveMetadataSet(live::MetadataSet) = "Live.CallbackAfterSetMetadata",
            distinct by "EventTime";
        /// Metadata of a room were deleted (Live).
        LiveMetadataDeleted(live::MetadataDeleted) = "Live.CallbackAfterDelMetadata",
            distinct by "EventTime";
        /// Users are there, or no longer (Live).
        LiveMemberStateChanged(live::MemberStateChanged) = "Live.CallbackAfterMemberStateChanged",
            distinct by "EventTime";
        /// A room has another owner (Live).
        LiveOwnerChanged(live::OwnerChanged) = "Live.CallbackAfterChangeOwner",
            distinct by "EventTime";
        /// Administrators of a room were added or deleted (Live).
        LiveAdminModified(live::AdminModified) = "Live.CallbackAfterModifyAdmin",
            distinct by "EventTime";
        /// A battle was created (Live).
        LiveBattleCreated(live::BattleCreated) = "Live.CallbackAfterCreateBattle",
            distinct by "EventTime";
        /// A battle has begun (Live).
        LiveBattleStarted(live::BattleStarted) = "Live.CallbackAfterStartBattle",
            distinct by "EventTime";
        /// A battle is over (Live).
        LiveBattleEnded(live::BattleEnded) = "Live.CallbackAfterEndBattle",
            distinct by "EventTime";
    }
}

/// The members that name a body's command.
pub(crate) const MEMBERS: [&str; 2] = [COMMAND, "WebhookCommand"];

/// The command that a body names, by either of its names.
pub(super) fn command(json: &str) -> Result<Option<Cow<'_, str>>, Refusal> {
    match outermost(json, MEMBERS)? {
        [Some(_), Some(_)] => Err(Refusal::ParameterRepeated),
        [command, webhook] => command.or(webhook).map(Raw::string).transpose(),
    }
}

impl Event {
    pub(super) fn decode(command: &str, document: &Document) -> Result<Self, Refusal> {
        Self::read(command, command, document)
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
        let command = command(document.as_str()).map_err(D::Error::custom)?;
        Self::decode(&command.unwrap_or_default(), &document).map_err(D::Error::custom)
    }
}
