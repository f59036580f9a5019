//! Relay to a CDN: event group 4.

use crate::event::macros::{wire_codes, wire_struct};

wire_struct! {
    /// A relay's status has changed: event 401 of TRTC's
    /// [Relay to CDN Callback](https://trtc.io/document/54913). Two statuses are sent every 5 s while they last, and
    /// events may arrive in any order: compare `event_ms_ts`.
    #[serde(rename_all = "PascalCase")]
    pub struct RelayStatusChanged {
        /// The room's id. On the wire it is a number or a string, as the client used it,
        /// and to TRTC 7 and "7" are two rooms: `Verified::document` has it as it came.
        pub room_id: String,
        /// Whether the client used a number or a string.
        pub room_type: Option<RelayRoomType>,
        /// When it happened, in Unix milliseconds. Also spelled `EventTsMs`.
        #[serde(alias = "EventTsMs")]
        pub event_ms_ts: Option<u64>,
        /// The relaying robot, which is not a user.
        pub user_id: Option<String>,
        /// The task's id.
        pub task_id: Option<String>,
        /// The event's own members.
        pub payload: RelayPayload = default,
    }
}

wire_codes! {
    /// How a client writes a room's id.
    pub enum RelayRoomType {
        /// As a number.
        Number = 0,
        /// As a string.
        String = 1,
    }
}

wire_struct! {
    /// The state of a relay.
    #[derive(Default)]
    #[serde(rename_all = "PascalCase")]
    pub struct RelayPayload {
        /// The URL that is relayed to.
        pub url: Option<String>,
        /// The status.
        pub status: Option<RelayStatus>,
        /// The error's number, if there was one.
        pub error_code: Option<i64>,
        /// A text about the error.
        pub error_msg: Option<String>,
    }
}

wire_codes! {
    /// A relay's status.
    pub enum RelayStatus {
        /// Not begun, or ended.
        Idle = 0,
        /// Connecting. Sent every 5 s, for up to a minute.
        Connecting = 1,
        /// Relaying.
        Running = 2,
        /// Interrupted, connecting again. Sent every 5 s, for up to a minute.
        Recovering = 3,
        /// Failed.
        Failed = 4,
        /// Disconnecting.
        Disconnecting = 5,
    }
}
