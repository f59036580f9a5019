//! Who is there, and who may do what.

use crate::{
    event::macros::{wire_names, wire_struct},
    tencent::{Member, MemberState},
};

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
