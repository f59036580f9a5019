//! Members of a live room: presence, the owner and the administrators.

use crate::{
    event::macros::{wire_names, wire_struct},
    tencent::{Member, MemberState},
};

wire_struct! {
    /// Users went online or offline in a room: Tencent's
    /// [`Live.CallbackAfterMemberStateChanged`](https://trtc.io/document/64424).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberStateChanged {
        /// The user who made the request. Tencent's page does not list this field.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// Whether the users are online now; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub state: Option<MemberState>,
        /// Why the state changed; on the wire `EventCause`.
        #[serde(rename = "EventCause")]
        pub cause: Option<StateCause>,
        /// The users.
        pub member_list: Vec<Member>,
        /// When the state changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room's owner changed: Tencent's
    /// [`Live.CallbackAfterChangeOwner`](https://trtc.io/document/72553).
    #[serde(rename_all = "PascalCase")]
    pub struct OwnerChanged {
        /// The user who changed the owner.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The new owner.
        #[serde(rename = "CurrentOwner_Account")]
        pub current_owner: Option<String>,
        /// The previous owner.
        #[serde(rename = "OriginalOwner_Account")]
        pub original_owner: Option<String>,
        /// When the owner changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Administrators of a room were added or removed: Tencent's
    /// [`Live.CallbackAfterModifyAdmin`](https://trtc.io/document/72554).
    #[serde(rename_all = "PascalCase")]
    pub struct AdminModified {
        /// The user who made the change.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The users who were added or removed.
        #[serde(rename = "Admin_Account")]
        pub admins: Vec<String>,
        /// Whether the users were added or removed; on the wire `opType`.
        #[serde(rename = "opType", alias = "OpType")]
        pub operation: Option<AdminOperation>,
        /// When the change was made, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// Why a user went online or offline.
    pub enum StateCause in tencent::live {
        /// The user entered the room.
        Enter = "Enter",
        /// The user left the room.
        Leave = "Leave",
        /// The heartbeat timed out.
        HeartbeatInterrupt = "HeartbeatInterrupt",
        /// The heartbeat resumed.
        HeartbeatRecover = "HeartbeatRecover",
    }
}

wire_names! {
    /// Whether administrators were added or removed.
    pub enum AdminOperation in tencent::live {
        /// The users were added.
        Add = "add",
        /// The users were removed.
        Delete = "delete",
    }
}
