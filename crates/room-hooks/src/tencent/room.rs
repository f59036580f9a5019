//! Rooms and their seats: `Room.*` and `Mic.*`, six events.

use crate::wire::{wire_names, wire_struct};

use super::about::about;

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

wire_struct! {
    /// The seats of a room have changed: Tencent's
    /// [`Mic.CallbackAfterSeatInfoChanged`](https://trtc.io/document/60736), also of
    /// [Live](https://trtc.io/document/64425).
    #[serde(rename_all = "PascalCase")]
    pub struct SeatInfoChanged {
        /// The user who changed them; absent in Live.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The seats.
        pub seat_list: Vec<Seat>,
        /// When they changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A seat of a room.
    #[serde(rename_all = "PascalCase")]
    pub struct Seat {
        /// The seat's number.
        pub index: Option<u64>,
        /// The user on it: a string, a number, empty or absent on the wire; see
        /// [`member`](Self::member).
        #[serde(rename = "Member_Account")]
        pub member_account: Option<String>,
        /// Whether nobody may take it.
        pub is_taken_disabled: Option<bool>,
        /// Whether its video is off.
        pub is_video_disabled: Option<bool>,
        /// Whether its audio is off.
        pub is_audio_disabled: Option<bool>,
    }
}

wire_struct! {
    /// What a callback says of a room. Tencent does not document whether all of it comes or only what
    /// changed, so everything but the id may be absent.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: String,
        /// The room's name.
        pub room_name: Option<String>,
        /// The kind of room.
        pub room_type: Option<RoomType>,
        /// The user who hosts the room.
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
        /// Whether video is off for all.
        pub is_video_disabled: Option<bool>,
        /// Whether audio is off for all.
        pub is_audio_disabled: Option<bool>,
        /// Whether nobody may send text messages.
        pub is_message_disabled: Option<bool>,
        /// Whether nobody may share a screen.
        pub is_screen_sharing_disabled: Option<bool>,
        /// Whether the room may not be recorded in the cloud. Seen on the wire as a string.
        pub is_cloud_recording_disabled: Option<bool>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// Whether a scheduled room has begun.
        pub room_status: Option<RoomStatus>,
        /// When a scheduled room begins, in Unix seconds.
        pub schedule_start_time: Option<u64>,
        /// When a scheduled room ends, in Unix seconds.
        pub schedule_end_time: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
    }
}

wire_names! {
    /// A kind of room.
    pub enum RoomType {
        /// A meeting.
        Meeting = "Meeting",
        /// A live broadcast.
        Live = "Live",
    }
}

wire_names! {
    /// Whether a scheduled room has begun.
    pub enum RoomStatus {
        /// It is not scheduled.
        None = "None",
        /// It has not.
        NotStarted = "NotStarted",
        /// It has.
        Running = "Running",
    }
}

wire_names! {
    /// How a member of a room comes by a seat.
    pub enum TakeSeatMode {
        /// There are no seats to take.
        None = "None",
        /// Anybody may sit down.
        FreeToTake = "FreeToTake",
        /// The host decides.
        ApplyToTake = "ApplyToTake",
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
        /// Somebody removed them.
        Kicked = "Kicked",
        /// Their heartbeat ran out.
        Expired = "Expired",
    }
}

impl Seat {
    /// The user on it, if there is one.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member_account.as_deref().filter(|user| !user.is_empty())
    }
}

about! {
    RoomCreated: room_info.room_id,
    RoomDestroyed: room_id,
    RoomInfoUpdated: room_info.room_id,
    MemberEntered: room_id,
    MemberLeft: room_id,
    SeatInfoChanged: room_id,
}
