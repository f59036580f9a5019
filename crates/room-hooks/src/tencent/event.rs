use std::borrow::Cow;

use serde::Serializer;

use crate::{
    Callback, Document, Facts, Refusal,
    event::{
        document::{MALFORMED, string},
        table::{events, named},
    },
};

use super::{
    COMMAND, MemberEntered, MemberLeft, RoomCreated, RoomDestroyed, RoomInfoUpdated,
    SeatInfoChanged, Tencent, call, group, live,
};

events! {
    /// Any event that Tencent sends.
    ///
    /// Serializes as on the wire, with its name in `CallbackCommand`.
    ///
    /// ```
    /// use room_hooks::{Callback, tencent::Event};
    ///
    /// fn describe(event: &Event) -> String {
    ///     match event {
    ///         Event::RoomCreated(created) => format!("{} was created", created.room_info.room_id),
    ///         Event::RoomDestroyed(destroyed) => format!("{} was destroyed", destroyed.room_id),
    ///         Event::Raw(raw) => format!("{}, which has no type", raw.name),
    ///         other => other.kind().to_owned(),
    ///     }
    /// }
    /// ```
    pub enum Event of Tencent in "tencent", read by serde_json::from_str, written by on_wire,
        distinct by ["EventTime"]
        => |event| facts(&*event.room_id, &event.operator_account, event.event_time);
    /// A room was created.
    RoomCreated(RoomCreated) = "Room.CallbackAfterCreateRoom"
        => |event| facts(&*event.room_info.room_id, &event.operator_account, event.event_time);
    /// A room was destroyed.
    RoomDestroyed(RoomDestroyed) = "Room.CallbackAfterDestroyRoom";
    /// The information about a room was changed.
    RoomInfoUpdated(RoomInfoUpdated) =
        "Room.CallbackAfterUpdateRoomInfo" | "Room.CallbackUpdateRoomInfo"
        => |event| facts(&*event.room_info.room_id, &event.operator_account, event.event_time);
    /// Users entered a room.
    MemberEntered(MemberEntered) = "Room.CallbackAfterMemberEnter";
    /// Users left a room.
    MemberLeft(MemberLeft) = "Room.CallbackAfterMemberLeave";
    /// The seats of a room changed.
    SeatInfoChanged(SeatInfoChanged) = "Mic.CallbackAfterSeatInfoChanged";
    /// A room was created (Live).
    LiveRoomCreated(live::RoomCreated) = "Live.CallbackAfterCreateRoom",
        distinct by "EventTime" | "RoomInfo.EventTime"
        => |event| facts(
            event.room_info.room_id.as_deref(),
            &event.operator_account,
            event.event_time.or(event.room_info.event_time),
        );
    /// A room was destroyed (Live).
    LiveRoomDestroyed(live::RoomDestroyed) = "Live.CallbackAfterDestroyRoom";
    /// The information about a room was changed (Live).
    LiveRoomInfoUpdated(live::RoomInfoUpdated) = "Live.CallbackAfterUpdateRoomInfo",
        distinct by "EventTime" | "RoomInfo.EventTime"
        => |event| facts(
            event.room_info.room_id.as_deref(),
            &event.operator_account,
            event.event_time.or(event.room_info.event_time),
        );
    /// A room's metadata was set (Live).
    LiveMetadataSet(live::MetadataSet) = "Live.CallbackAfterSetMetadata";
    /// A room's metadata was deleted (Live).
    LiveMetadataDeleted(live::MetadataDeleted) = "Live.CallbackAfterDelMetadata";
    /// Users went online or offline in a room (Live).
    LiveMemberStateChanged(live::MemberStateChanged) = "Live.CallbackAfterMemberStateChanged";
    /// A room's owner changed (Live).
    LiveOwnerChanged(live::OwnerChanged) = "Live.CallbackAfterChangeOwner";
    /// Administrators of a room were added or removed (Live).
    LiveAdminModified(live::AdminModified) = "Live.CallbackAfterModifyAdmin";
    /// A battle was created (Live).
    LiveBattleCreated(live::BattleCreated) = "Live.CallbackAfterCreateBattle"
        => |event| facts(event.from_room_id.as_deref(), &event.operator_account, event.event_time);
    /// A battle started (Live).
    LiveBattleStarted(live::BattleStarted) = "Live.CallbackAfterStartBattle"
        => |event| Facts::of(room_of(&event.from_room_info)).at(event.event_time);
    /// A battle ended (Live).
    LiveBattleEnded(live::BattleEnded) = "Live.CallbackAfterEndBattle"
        => |event| Facts::of(room_of(&event.from_room_info)).at(event.event_time);
    /// The state of a room's recording changed (Live).
    LiveCloudRecordingChanged(live::CloudRecordingChanged) =
        "Live.CallbackAfterCloudRecordingChanged",
        distinct by "EventInfo.EventMsTs" | "EventInfo.EventTsMs"
        => |event| event.callback.event.facts();
    /// Users joined a group.
    GroupMemberJoined(group::MemberJoined) = "Group.CallbackAfterNewMemberJoin"
        => |event| facts(&*event.group_id, &event.operator_account, event.event_time);
    /// Users left a group.
    GroupMemberExited(group::MemberExited) = "Group.CallbackAfterMemberExit"
        => |event| facts(&*event.group_id, &event.operator_account, event.event_time);
    /// Members of a group went online or offline.
    GroupMemberStateChanged(group::MemberStateChanged) = "Group.CallbackOnMemberStateChange"
        => |event| facts(&*event.group_id, &None, event.event_time);
    /// A group's profile was changed.
    GroupInfoChanged(group::GroupInfoChanged) = "Group.CallbackAfterGroupInfoChanged"
        => |event| facts(&*event.group_id, &event.operator_account, event.event_time);
    /// A group was destroyed.
    GroupDestroyed(group::GroupDestroyed) = "Group.CallbackAfterGroupDestroyed"
        => |event| facts(&*event.group_id, &None, event.event_time);
    /// A call started.
    CallStarted(call::CallStarted) = "Call.CallbackAfterStartCall"
        => |event| facts(call_room(&event.call_info.room_id), &None, event.event_time);
    /// A call ended.
    CallEnded(call::CallEnded) = "Call.CallbackAfterEndCall"
        => |event| facts(call_room(&event.call_record.room_id), &None, event.event_time);
    /// Users joined or left a call.
    CallMemberChanged(call::MemberChanged) = "Call.CallbackAfterMemberChanged"
        => |event| facts(None, &None, event.event_time);
    /// The state of a call's recording changed.
    CallRecordChanged(call::RecordChanged) =
        "Call.CallbackAfterRecordChanged" | "Call.CallbackAfterCloudRecordingChanged",
        distinct by "EventTime" | "Callback.EventInfo.EventMsTs" | "Callback.EventInfo.EventTsMs"
        => |event| event.callback.event.facts().at_or(event.event_time);
}

/// The operators that are not users.
const SYSTEM: [&str; 2] = ["@TIM#SYSTEM", "@TLS#NOT_FOUND"];

/// The facts that most events report.
pub(super) fn facts<'a>(
    room_id: impl Into<Option<&'a str>>,
    operator: &'a Option<String>,
    event_time: Option<u64>,
) -> Facts<'a> {
    let user = operator.as_deref().filter(|operator| !SYSTEM.contains(operator));
    Facts::of(room_id).by(user).at(event_time)
}

/// The room's id in a call's event, unless it is empty.
fn call_room(room_id: &Option<String>) -> Option<&str> {
    room_id.as_deref().filter(|room_id| !room_id.is_empty())
}

fn room_of(room: &Option<live::BattleRoom>) -> Option<&str> {
    room.as_ref()?.room_id.as_deref()
}

/// The fields that name a body's command.
pub(crate) const MEMBERS: [&str; 2] = [COMMAND, "WebhookCommand"];

/// The command that a body names, in either field.
pub(super) fn command(document: &Document) -> Result<Option<Cow<'_, str>>, Refusal> {
    match document.members(MEMBERS)? {
        [Some(_), Some(_)] => Err(Refusal::DuplicateParameter),
        [command, webhook] => {
            command.or(webhook).map(|name| string(name).ok_or(MALFORMED)).transpose()
        }
    }
}

impl Event {
    /// Reads the event of a document.
    fn of(document: &Document) -> Result<Self, Refusal> {
        Ok(Self::decode(&command(document)?.unwrap_or_default(), document))
    }

    pub(super) fn decode(command: &str, document: &Document) -> Self {
        Self::read(command, command, document.as_str(), document)
    }
}

pub(super) fn on_wire<E: Callback, S: Serializer>(
    event: &E,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    named(COMMAND, event.name(), event, serializer)
}
