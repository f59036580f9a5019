//! Rooms and their members: `Room.*`.

use crate::event::macros::{wire_names, wire_struct};

use super::RoomInfo;

wire_struct! {
    /// A room was created: Tencent's
    /// [`Room.CallbackAfterCreateRoom`](https://trtc.io/document/60733).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The user who created the room.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room.
        pub room_info: RoomInfo,
        /// The users who are invited to a scheduled room.
        #[serde(rename = "ScheduleInviteeList_Account")]
        pub schedule_invitee_list: Vec<String>,
        /// When the room was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room was destroyed: Tencent's
    /// [`Room.CallbackAfterDestroyRoom`](https://trtc.io/document/60732).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDestroyed {
        /// The user who destroyed the room.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// When the room was destroyed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// The information about a room was changed: Tencent's
    /// [`Room.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/60731).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed the room.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room.
        pub room_info: RoomInfo,
        /// When the room was changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Users entered a room: Tencent's
    /// [`Room.CallbackAfterMemberEnter`](https://trtc.io/document/60735).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberEntered {
        /// The user who made the request.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The number of users in the room now.
        pub member_count: Option<u64>,
        /// How the users entered; on the wire `Type`.
        #[serde(rename = "Type")]
        pub enter_type: Option<EnterType>,
        /// The users who entered.
        #[serde(rename = "MemberList_Account")]
        pub member_list: Vec<String>,
        /// When the users entered, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Users left a room: Tencent's
    /// [`Room.CallbackAfterMemberLeave`](https://trtc.io/document/60734).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberLeft {
        /// The user who made the request.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The number of users in the room now.
        pub member_count: Option<u64>,
        /// How the users left; on the wire `Type`.
        #[serde(rename = "Type")]
        pub leave_type: Option<LeaveType>,
        /// The users who left.
        #[serde(rename = "MemberList_Account")]
        pub member_list: Vec<String>,
        /// A description of the reason.
        pub reason: Option<String>,
        /// When the users left, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users entered a room.
    pub enum EnterType in tencent {
        /// The users entered on their own.
        Enter = "Enter",
    }
}

wire_names! {
    /// How users left a room.
    pub enum LeaveType in tencent {
        /// The users left on their own.
        Leave = "Leave",
        /// Another user removed the users.
        Kicked = "Kicked",
        /// The users' heartbeat timed out.
        Expired = "Expired",
    }
}
