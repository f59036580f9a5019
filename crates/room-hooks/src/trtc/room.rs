//! Rooms and their users: event group 1.

use crate::event::macros::{wire_codes, wire_struct};

use super::event_info::event_info;

event_info! {
    /// A room was created: event 101 in [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct RoomCreated {}
}

wire_struct! {
    /// A room was dismissed: event 102 in [Room & Media Callbacks](https://trtc.io/document/39558).
    /// This is the only event of its group without a user.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDismissed {
        /// The room's id. On the wire it is a number or a string, depending on the client, and to
        /// TRTC 7 and "7" are two rooms: `Verified::document` has the original form.
        pub room_id: String,
        /// When the event happened, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When the event happened, in Unix milliseconds; on the wire also `EventTsMs`.
        #[serde(alias = "EventTsMs")]
        pub event_ms_ts: Option<u64>,
        /// The event's id; not always present.
        pub unique_id: Option<String>,
    }
}

event_info! {
    /// A user entered a room: event 103 in
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
    /// A user left a room: event 104 in [Room & Media Callbacks](https://trtc.io/document/39558).
    /// TRTC does not send 202 or 204 with it, although the user no longer sends media.
    pub struct UserLeft {
        /// The user's role.
        pub role: Option<Role>,
        /// Why the user left.
        pub reason: Option<LeaveReason>,
    }
}

event_info! {
    /// A user's role changed: event 105 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct RoleChanged {
        /// The user's new role.
        pub role: Option<Role>,
    }
}

wire_codes! {
    /// A user's role.
    pub enum Role in trtc {
        /// The user sends and receives media.
        Anchor = 20,
        /// The user only receives media.
        Audience = 21,
    }
}

wire_codes! {
    /// A user's device.
    pub enum TerminalType in trtc {
        /// Windows.
        Windows = 1,
        /// Android.
        Android = 2,
        /// iOS.
        Ios = 3,
        /// Linux.
        Linux = 4,
        /// Any other device.
        Other = 100,
    }
}

wire_codes! {
    /// A user's kind of client.
    pub enum UserType in trtc {
        /// WebRTC in a browser.
        WebRtc = 1,
        /// A mini program.
        MiniProgram = 2,
        /// The native SDK.
        Native = 3,
    }
}

wire_codes! {
    /// Why a user entered a room.
    pub enum EnterReason in trtc {
        /// The user entered normally.
        Normal = 1,
        /// The network changed.
        NetworkSwitch = 2,
        /// A retry after a timeout.
        TimeoutRetry = 3,
        /// Cross-room communication started.
        CrossRoom = 4,
    }
}

wire_codes! {
    /// Why a user left a room.
    pub enum LeaveReason in trtc {
        /// The user left normally.
        Normal = 1,
        /// The user's connection timed out.
        Timeout = 2,
        /// The user was removed.
        Removed = 3,
        /// Cross-room communication ended.
        CrossRoomEnded = 4,
        /// The client was force-closed.
        ForceClosed = 5,
    }
}
