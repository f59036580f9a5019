//! Rooms and who is in them: event group 1.

use crate::event::macros::{wire_codes, wire_struct};

use super::event_info::event_info;

event_info! {
    /// A room was created: event 101 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct RoomCreated {}
}

wire_struct! {
    /// A room was dismissed: event 102 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558). It is the only one without a user.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDismissed {
        /// The room's id. On the wire it is a number or a string, as the client used it, and to TRTC
        /// 7 and "7" are two rooms: `Verified::document` has it as it came.
        pub room_id: String,
        /// When it happened, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When it happened, in Unix milliseconds. Also spelled `EventTsMs`.
        #[serde(alias = "EventTsMs")]
        pub event_ms_ts: Option<u64>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
    }
}

event_info! {
    /// A user entered a room: event 103 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct UserEntered {
        /// The user's role.
        pub role: Option<Role>,
        /// The user's device.
        pub terminal_type: Option<TerminalType>,
        /// The user's kind of client.
        pub user_type: Option<UserType>,
        /// Why the user entered.
        pub reason: Option<EnterReason>,
    }
}

event_info! {
    /// A user left a room: event 104 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558). There is no 202 and no 204 with it:
    /// a user who leaves sends no more.
    pub struct UserLeft {
        /// The user's role.
        pub role: Option<Role>,
        /// Why the user left.
        pub reason: Option<LeaveReason>,
    }
}

event_info! {
    /// A user has another role: event 105 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct RoleChanged {
        /// The user's role now.
        pub role: Option<Role>,
    }
}

wire_codes! {
    /// A user's role.
    pub enum Role {
        /// Sends and receives.
        Anchor = 20,
        /// Receives only.
        Audience = 21,
    }
}

wire_codes! {
    /// A user's device.
    pub enum TerminalType {
        /// Windows.
        Windows = 1,
        /// Android.
        Android = 2,
        /// iOS.
        Ios = 3,
        /// Linux.
        Linux = 4,
        /// Any other.
        Other = 100,
    }
}

wire_codes! {
    /// A user's kind of client.
    pub enum UserType {
        /// WebRTC in a browser.
        WebRtc = 1,
        /// A mini program.
        MiniProgram = 2,
        /// The native SDK.
        Native = 3,
    }
}

wire_codes! {
    /// Why a user enters a room.
    pub enum EnterReason {
        /// In the normal way.
        Normal = 1,
        /// The network has changed.
        NetworkSwitch = 2,
        /// Tried again after a time-out.
        TimeoutRetry = 3,
        /// Speaks with another room.
        CrossRoom = 4,
    }
}

wire_codes! {
    /// Why a user leaves a room.
    pub enum LeaveReason {
        /// In the normal way.
        Normal = 1,
        /// Was not heard of for too long.
        Timeout = 2,
        /// Was removed.
        Removed = 3,
        /// Does not speak with another room any more.
        CrossRoomEnded = 4,
        /// The client was closed by force.
        ForceClosed = 5,
    }
}
