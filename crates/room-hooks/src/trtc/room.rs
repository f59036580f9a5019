//! Rooms and who is in them: event group 1.

use std::time::{Duration, SystemTime};

use crate::{
    catalogue::About,
    unix_time::{at_millis, at_unix},
    wire::{wire_codes, wire_struct},
};

wire_struct! {
    /// A room was created: event 101 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The room's id, a string or a number on the wire, as the client used it.
        pub room_id: String,
        /// When it was created, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When it was created, in Unix milliseconds.
        pub event_ms_ts: Option<u64>,
        /// The user who created it.
        pub user_id: Option<String>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
    }
}

wire_struct! {
    /// A room was dismissed: event 102 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDismissed {
        /// The room's id, a string or a number on the wire, as the client used it.
        pub room_id: String,
        /// When it was dismissed, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When it was dismissed, in Unix milliseconds.
        pub event_ms_ts: Option<u64>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
    }
}

wire_struct! {
    /// A user entered a room: event 103 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    #[serde(rename_all = "PascalCase")]
    pub struct UserEntered {
        /// The room's id, a string or a number on the wire, as the client used it.
        pub room_id: String,
        /// When the user entered, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When the user entered, in Unix milliseconds.
        pub event_ms_ts: Option<u64>,
        /// The user.
        pub user_id: Option<String>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
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

wire_struct! {
    /// A user left a room: event 104 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558). There is no 202 and no 204 with it:
    /// whoever leaves sends no more.
    #[serde(rename_all = "PascalCase")]
    pub struct UserLeft {
        /// The room's id, a string or a number on the wire, as the client used it.
        pub room_id: String,
        /// When the user left, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When the user left, in Unix milliseconds.
        pub event_ms_ts: Option<u64>,
        /// The user.
        pub user_id: Option<String>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
        /// The user's role.
        pub role: Option<Role>,
        /// Why the user left.
        pub reason: Option<LeaveReason>,
    }
}

wire_struct! {
    /// A user has another role: event 105 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    #[serde(rename_all = "PascalCase")]
    pub struct RoleChanged {
        /// The room's id, a string or a number on the wire, as the client used it.
        pub room_id: String,
        /// When it changed, in Unix seconds.
        pub event_ts: Option<u64>,
        /// When it changed, in Unix milliseconds.
        pub event_ms_ts: Option<u64>,
        /// The user.
        pub user_id: Option<String>,
        /// An id of the event's; not always there.
        pub unique_id: Option<String>,
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

/// A room that is dismissed is nobody's doing.
impl About for RoomDismissed {
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_id)
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        occurred_at(self.event_ms_ts, self.event_ts)
    }
}

/// Answers for the events that have a user.
macro_rules! about {
    ($($event:ident,)*) => {$(
        impl $crate::catalogue::About for $event {
            fn room_id(&self) -> Option<&str> {
                Some(&self.room_id)
            }

            fn operator(&self) -> Option<&str> {
                self.user_id.as_deref()
            }

            fn occurred_at(&self) -> Option<::std::time::SystemTime> {
                $crate::trtc::room::occurred_at(self.event_ms_ts, self.event_ts)
            }
        }
    )*};
}

about! { RoomCreated, UserEntered, UserLeft, RoleChanged, }

pub(super) use about;

pub(super) fn occurred_at(millis: Option<u64>, seconds: Option<u64>) -> Option<SystemTime> {
    match (millis, seconds) {
        (Some(millis), _) => at_millis(millis),
        (None, Some(seconds)) => at_unix(Duration::from_secs(seconds)),
        (None, None) => None,
    }
}
