//! Rooms and who is in them: `Room.*`.

use crate::event::macros::{wire_names, wire_struct};

use super::RoomInfo;

wire_struct! {
    /// A room was created: Tencent's
    /// [`Room.CallbackAfterCreateRoom`](https://trtc.io/document/60733).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The user who created it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// The users who are invited to a scheduled room.
        #[serde(rename = "ScheduleInviteeList_Account")]
        pub schedule_invitee_list: Vec<String>,
        /// When it was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room was destroyed: Tencent's
    /// [`Room.CallbackAfterDestroyRoom`](https://trtc.io/document/60732).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDestroyed {
        /// The user who destroyed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// When it was destroyed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// The information of a room was changed: Tencent's
    /// [`Room.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/60731).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Users entered a room: Tencent's
    /// [`Room.CallbackAfterMemberEnter`](https://trtc.io/document/60735).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberEntered {
        /// The user whose request it was.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The number of users in the room now.
        pub member_count: Option<u64>,
        /// How they entered; on the wire `Type`.
        #[serde(rename = "Type")]
        pub enter_type: Option<EnterType>,
        /// The users who entered.
        #[serde(rename = "MemberList_Account")]
        pub member_list: Vec<String>,
        /// When they entered, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Users left a room: Tencent's
    /// [`Room.CallbackAfterMemberLeave`](https://trtc.io/document/60734).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberLeft {
        /// The user whose request it was.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The number of users in the room now.
        pub member_count: Option<u64>,
        /// How they left; on the wire `Type`.
        #[serde(rename = "Type")]
        pub leave_type: Option<LeaveType>,
        /// The users who left.
        #[serde(rename = "MemberList_Account")]
        pub member_list: Vec<String>,
        /// A text about why.
        pub reason: Option<String>,
        /// When they left, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users enter a room.
    pub enum EnterType {
        /// By themselves.
        Enter = "Enter",
    }
}

wire_names! {
    /// How users leave a room.
    pub enum LeaveType {
        /// By themselves.
        Leave = "Leave",
        /// Another user removed them.
        Kicked = "Kicked",
        /// Their heartbeat ran out.
        Expired = "Expired",
    }
}
