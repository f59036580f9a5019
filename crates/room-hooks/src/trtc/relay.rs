//! Relay to a CDN: event group 4.

use crate::event::macros::{wire_codes, wire_struct};

wire_struct! {
    /// A relay's status changed: event 401 in
    /// [Relay to CDN Callback](https://trtc.io/document/54913). Two of the statuses are repeated
    /// every 5 s while they last, and events may arrive in any order: compare `event_ms_ts`.
    #[serde(rename_all = "PascalCase")]
    pub struct RelayStatusChanged {
        /// The room's id. On the wire it is a number or a string, depending on the client, and to
        /// TRTC 7 and "7" are two rooms: `Verified::document` has the original form.
        pub room_id: String,
        /// Whether the room's id is a number or a string.
        pub room_type: Option<RelayRoomType>,
        /// When the event happened, in Unix milliseconds; on the wire also `EventTsMs`.
        #[serde(alias = "EventTsMs")]
        pub event_ms_ts: Option<u64>,
        /// The relaying robot, which is not a user.
        pub user_id: Option<String>,
        /// The relay task's id.
        pub task_id: Option<String>,
        /// The event's own fields.
        pub payload: RelayPayload = default,
    }
}

wire_codes! {
    /// Whether a room's id is a number or a string.
    pub enum RelayRoomType in trtc {
        /// A number.
        Number = 0,
        /// A string.
        String = 1,
    }
}

wire_struct! {
    /// The state of a relay.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct RelayPayload {
        /// The target URL of the relay.
        pub url: Option<String>,
        /// The status.
        pub status: Option<RelayStatus>,
        /// The error code, if there was an error.
        pub error_code: Option<i64>,
        /// A description of the error.
        pub error_msg: Option<String>,
    }
}

wire_codes! {
    /// A relay's status.
    pub enum RelayStatus in trtc {
        /// The relay has not started, or has ended.
        Idle = 0,
        /// The relay is connecting. Repeated every 5 s, for up to a minute.
        Connecting = 1,
        /// The relay is running.
        Running = 2,
        /// The relay was interrupted and is reconnecting. Repeated every 5 s, for up to a minute.
        Recovering = 3,
        /// The relay failed.
        Failed = 4,
        /// The relay is disconnecting.
        Disconnecting = 5,
    }
}
