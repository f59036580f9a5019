//! Live broadcasts: `Live.*`, eleven events.

mod battle;

use std::time::SystemTime;

use crate::{
    catalogue::About,
    unix_time::at_millis,
    wire::{wire_names, wire_struct},
};

use super::{
    RoomType, TakeSeatMode,
    about::{about, user},
};

pub use self::battle::{BattleCreated, BattleEnd, BattleEnded, BattleRoom, BattleStarted};

wire_struct! {
    /// A room was created: Tencent's
    /// [`Live.CallbackAfterCreateRoom`](https://trtc.io/document/64422).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The user who created it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was created, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room was destroyed: Tencent's
    /// [`Live.CallbackAfterDestroyRoom`](https://trtc.io/document/64423).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDestroyed {
        /// The user who destroyed it; `@TIM#SYSTEM` if it was the system.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// Who destroyed it; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub destroy_type: Option<DestroyType>,
        /// The room as it was.
        pub room_info: Option<RoomInfo>,
        /// What there was in it.
        pub statistic: Option<Statistic>,
        /// When it was destroyed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// The information of a room was changed: Tencent's
    /// [`Live.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/67938).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was changed, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Metadata of a room were set: Tencent's
    /// [`Live.CallbackAfterSetMetadata`](https://trtc.io/document/68222).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataSet {
        /// The user who set them.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// What was set.
        pub metadata: Vec<Metadatum>,
        /// When it was set, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// One of a room's metadata.
    #[serde(rename_all = "PascalCase")]
    pub struct Metadatum {
        /// Its name.
        pub key: String,
        /// Its value.
        pub value: Option<String>,
    }
}

wire_struct! {
    /// Metadata of a room were deleted: Tencent's
    /// [`Live.CallbackAfterDelMetadata`](https://trtc.io/document/68223).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataDeleted {
        /// The user who deleted them.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The names of what was deleted.
        pub keys: Vec<String>,
        /// When it was deleted, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Users are there, or no longer: Tencent's
    /// [`Live.CallbackAfterMemberStateChanged`](https://trtc.io/document/64424).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberStateChanged {
        /// The user whose request it was. The page does not have it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// Whether they are there now; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub state: Option<MemberState>,
        /// Why; on the wire `EventCause`.
        #[serde(rename = "EventCause")]
        pub cause: Option<StateCause>,
        /// The users.
        pub member_list: Vec<Member>,
        /// When it changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A user in a list of members.
    pub struct Member {
        /// The user.
        #[serde(rename = "Member_Account")]
        pub member_account: String,
    }
}

wire_struct! {
    /// A room has another owner: Tencent's
    /// [`Live.CallbackAfterChangeOwner`](https://trtc.io/document/72553).
    #[serde(rename_all = "PascalCase")]
    pub struct OwnerChanged {
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The owner now.
        #[serde(rename = "CurrentOwner_Account")]
        pub current_owner: Option<String>,
        /// The owner before.
        #[serde(rename = "OriginalOwner_Account")]
        pub original_owner: Option<String>,
        /// When it changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Administrators of a room were added or deleted: Tencent's
    /// [`Live.CallbackAfterModifyAdmin`](https://trtc.io/document/72554).
    #[serde(rename_all = "PascalCase")]
    pub struct AdminModified {
        /// The user who did it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The users who are administrators now, or no longer.
        #[serde(rename = "Admin_Account")]
        pub admins: Vec<String>,
        /// Whether they were added or deleted; on the wire `opType`.
        #[serde(rename = "opType", alias = "OpType")]
        pub operation: Option<AdminOperation>,
        /// When it was done, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// What a callback says of a room of Live. All of it may be absent, the id too where the event has
    /// it already.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: Option<String>,
        /// The room's name.
        pub room_name: Option<String>,
        /// The kind of room.
        pub room_type: Option<RoomType>,
        /// The user who owns the room; also seen as a number.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// Whether there are seats.
        pub is_seat_enabled: Option<bool>,
        /// How a member comes by a seat.
        pub take_seat_mode: Option<TakeSeatMode>,
        /// The most members that the room may have.
        pub max_member_count: Option<u64>,
        /// The number of seats.
        pub max_seat_count: Option<u64>,
        /// Whether nobody may send text messages.
        pub is_message_disabled: Option<bool>,
        /// Whether the room is in the public list.
        pub is_public_visible: Option<bool>,
        /// Whether any number of users may enter.
        pub is_unlimited_room_enabled: Option<bool>,
        /// The URL of the cover.
        #[serde(rename = "CoverURL")]
        pub cover_url: Option<String>,
        /// The URL of the background.
        #[serde(rename = "BackgroundURL")]
        pub background_url: Option<String>,
        /// The app's own numbers for what kind of broadcast it is.
        pub category: Vec<i64>,
        /// The app's own number for the room's state.
        pub activity_status: Option<i64>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// The number of viewers.
        pub view_count: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When the event happened, in Unix milliseconds, on the pages that have it here.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// What there was in a broadcast.
    #[serde(rename_all = "PascalCase")]
    pub struct Statistic {
        /// How many viewed it.
        pub total_viewers: Option<u64>,
        /// How many gifts were sent.
        pub total_gifts_sent: Option<u64>,
        /// What they were worth, in coins.
        pub total_gift_coins: Option<u64>,
        /// How many sent some.
        pub total_unique_gift_senders: Option<u64>,
        /// How many likes there were.
        pub total_likes_received: Option<u64>,
    }
}

wire_names! {
    /// Who destroys a room.
    pub enum DestroyType {
        /// A user.
        User = "DestroyByUser",
        /// The system, because nobody was in it.
        System = "DestroyBySystem",
    }
}

wire_names! {
    /// Whether a user is there.
    pub enum MemberState {
        /// Yes.
        Online = "Online",
        /// No.
        Offline = "Offline",
    }
}

wire_names! {
    /// Why a user is there, or is not.
    pub enum StateCause {
        /// Entered the room.
        Enter = "Enter",
        /// Left the room.
        Leave = "Leave",
        /// The heartbeat ran out.
        HeartbeatInterrupt = "HeartbeatInterrupt",
        /// The heartbeat is back.
        HeartbeatRecover = "HeartbeatRecover",
    }
}

wire_names! {
    /// What is done with administrators.
    pub enum AdminOperation {
        /// They are added.
        Add = "add",
        /// They are deleted.
        Delete = "delete",
    }
}

about! {
    MemberStateChanged: room_id,
    MetadataSet: room_id,
    MetadataDeleted: room_id,
    OwnerChanged: room_id,
    AdminModified: room_id,
    RoomDestroyed: room_id,
}

impl About for RoomCreated {
    fn room_id(&self) -> Option<&str> {
        self.room_info.room_id.as_deref()
    }

    fn operator(&self) -> Option<&str> {
        user(&self.operator_account)
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        self.event_time.or(self.room_info.event_time).and_then(at_millis)
    }
}

impl About for RoomInfoUpdated {
    fn room_id(&self) -> Option<&str> {
        self.room_info.room_id.as_deref()
    }

    fn operator(&self) -> Option<&str> {
        user(&self.operator_account)
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        self.event_time.or(self.room_info.event_time).and_then(at_millis)
    }
}
