//! Calls (CallKit, `Call.*`): four events. They do not name the user who acted, so they have no
//! operator.
//!
//! ```
//! use room_hooks::{Verified, tencent::call::{CallEnded, CallResult}};
//!
//! async fn on_ended(ended: Verified<CallEnded>) {
//!     let call = &ended.event.call_record;
//!     if call.call_result == Some(CallResult::NotAnswer) {
//!         println!("the call from {:?} was not answered", call.caller_account);
//!     }
//! }
//! ```

use crate::event::macros::{wire_codes, wire_names, wire_struct};

use super::TrtcCallback;

wire_struct! {
    /// A call started: CallKit's [`Call.CallbackAfterStartCall`](https://trtc.io/document/68941).
    #[serde(rename_all = "PascalCase")]
    pub struct CallStarted {
        /// The call.
        pub call_info: CallInfo,
        /// The users in the call.
        pub user_list: Vec<CallUser>,
        /// When the call started, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A call that started.
    #[serde(rename_all = "PascalCase")]
    pub struct CallInfo {
        /// The call's id.
        pub call_id: String,
        /// Whether the call has video; on the wire `CallMediaType`, or `MediaType` in the page's
        /// table.
        #[serde(rename = "CallMediaType", alias = "MediaType")]
        pub media_type: Option<CallMediaType>,
        /// The Chat group that the call belongs to, or empty.
        pub chat_group_id: Option<String>,
        /// The room's id; may be empty.
        pub room_id: Option<String>,
        /// Whether the room's id is a number or a string.
        pub room_id_type: Option<RoomIdType>,
    }
}

wire_struct! {
    /// A user in a call.
    #[serde(rename_all = "PascalCase")]
    pub struct CallUser {
        /// The user's id; on the wire sometimes a number above 2^53.
        #[serde(rename = "User_Account")]
        pub user_account: String = default,
        /// Whether the user has answered.
        pub status: Option<CallStatus>,
    }
}

wire_names! {
    /// Whether a user has answered a call.
    pub enum CallStatus in tencent::call {
        /// The user is in the call.
        Calling = "Calling",
        /// The user has not answered yet.
        Waiting = "Waiting",
    }
}

wire_names! {
    /// Whether a call has video.
    pub enum CallMediaType in tencent::call {
        /// Audio only.
        Audio = "Audio",
        /// Audio and video.
        Video = "Video",
    }
}

wire_codes! {
    /// Whether a room's id is a number or a string.
    pub enum RoomIdType in tencent::call {
        /// A number.
        Number = 1,
        /// A string.
        String = 2,
    }
}

wire_struct! {
    /// A call ended: CallKit's [`Call.CallbackAfterEndCall`](https://trtc.io/document/68940).
    #[serde(rename_all = "PascalCase")]
    pub struct CallEnded {
        /// The call.
        pub call_record: CallRecord,
        /// When the call ended, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A call that ended.
    #[serde(rename_all = "PascalCase")]
    pub struct CallRecord {
        /// The call's id.
        pub call_id: String,
        /// The user who made the call.
        #[serde(rename = "Caller_Account")]
        pub caller_account: Option<String>,
        /// Whether the call had video.
        pub media_type: Option<CallMediaType>,
        /// Whether one or several users were called.
        pub call_type: Option<CallType>,
        /// When the call started, in Unix seconds.
        pub start_time: Option<u64>,
        /// When the call ended, in Unix seconds.
        pub end_time: Option<u64>,
        /// When the call was answered, in Unix seconds; 0 if it was not.
        pub accept_time: Option<u64>,
        /// How the call ended.
        pub call_result: Option<CallResult>,
        /// The users who were called. Tencent's own sample includes the caller.
        #[serde(rename = "CalleeList_Account")]
        pub callee_list: Vec<String>,
        /// The room's id; may be empty.
        pub room_id: Option<String>,
        /// Whether the room's id is a number or a string.
        pub room_id_type: Option<RoomIdType>,
    }
}

wire_names! {
    /// Whether one or several users are called.
    pub enum CallType in tencent::call {
        /// One user.
        SingleCall = "SingleCall",
        /// Several users.
        MultiCall = "MultiCall",
    }
}

wire_names! {
    /// How a call ended.
    pub enum CallResult in tencent::call {
        /// The caller canceled it.
        Cancel = "Cancel",
        /// The call was rejected.
        Reject = "Reject",
        /// The call was not answered.
        NotAnswer = "NotAnswer",
        /// The call ended normally.
        NormalEnd = "NormalEnd",
        /// The user was in another call.
        CallBusy = "CallBusy",
        /// The call was interrupted.
        Interrupt = "Interrupt",
        /// The user was offline.
        Offline = "Offline",
    }
}

wire_struct! {
    /// Users joined or left a call: CallKit's
    /// [`Call.CallbackAfterMemberChanged`](https://trtc.io/document/69215). The event does not name
    /// the room.
    #[serde(rename_all = "PascalCase")]
    pub struct MemberChanged {
        /// The call's id.
        pub call_id: String,
        /// The users in the call now.
        pub user_list: Vec<CallUser>,
        /// The users who changed, and how.
        pub changed_user_list: Vec<ChangedUser>,
        /// When the users changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A user who joined or left a call.
    #[serde(rename_all = "PascalCase")]
    pub struct ChangedUser {
        /// The user's id; on the wire sometimes a number above 2^53.
        #[serde(rename = "User_Account")]
        pub user_account: String = default,
        /// The user's action; on the wire `ActionType`.
        #[serde(rename = "ActionType")]
        pub action: Option<CallAction>,
    }
}

wire_names! {
    /// A user's action in a call. The page's sample and table spell some of them differently.
    pub enum CallAction in tencent::call {
        /// The user answered.
        Answer = "Answer" | "Accept",
        /// The user rejected the call.
        Reject = "Reject",
        /// The user did not answer.
        NotAnswer = "NotAnswer",
        /// The user hung up.
        Hangup = "Hangup" | "Hang Up",
        /// The user joined.
        Join = "Join",
        /// The user was offline.
        Offline = "Offline",
        /// The user was invited.
        Invite = "Invite" | "Invited",
        /// The invitation was canceled.
        CancelInvite = "Cancel_Invite" | "Canncel_Invite",
    }
}

wire_struct! {
    /// The state of a call's recording changed: CallKit's
    /// [`Call.CallbackAfterRecordChanged`](https://trtc.io/document/80345).
    #[serde(rename_all = "PascalCase")]
    pub struct RecordChanged {
        /// The call's id.
        pub call_id: String,
        /// The TRTC event about the recording, such as
        /// [`Mp4Uploaded`](crate::trtc::recording::Mp4Uploaded).
        pub callback: TrtcCallback,
        /// When CallKit forwarded the event, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}
