//! Calls (CallKit): `Call.*`, four events. They do not name the user who acted, so they have no operator.

use crate::event::macros::{wire_codes, wire_names, wire_struct};

use super::TrtcCallback;

wire_struct! {
    /// A call has started: CallKit's
    /// [`Call.CallbackAfterStartCall`](https://trtc.io/document/68941).
    #[serde(rename_all = "PascalCase")]
    pub struct CallStarted {
        /// The call.
        pub call_info: CallInfo,
        /// The users in it.
        pub user_list: Vec<CallUser>,
        /// When it started, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A call that has started.
    #[serde(rename_all = "PascalCase")]
    pub struct CallInfo {
        /// The call's id.
        pub call_id: String,
        /// Whether it has video; on the wire `CallMediaType`, or `MediaType` in the page's table.
        #[serde(rename = "CallMediaType", alias = "MediaType")]
        pub media_type: Option<CallMediaType>,
        /// The Chat group that it belongs to, or empty.
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
        /// The user. On the wire also a number above 2^53.
        #[serde(rename = "User_Account")]
        pub user_account: String = default,
        /// Whether the user is in the call.
        pub status: Option<CallStatus>,
    }
}

wire_names! {
    /// Whether a user is in a call.
    pub enum CallStatus {
        /// In the call.
        Calling = "Calling",
        /// Has not answered yet.
        Waiting = "Waiting",
    }
}

wire_names! {
    /// Whether a call has video.
    pub enum CallMediaType {
        /// It has not.
        Audio = "Audio",
        /// It has.
        Video = "Video",
    }
}

wire_codes! {
    /// How a room's id is written.
    pub enum RoomIdType {
        /// As a number.
        Number = 1,
        /// As a string.
        String = 2,
    }
}

wire_struct! {
    /// A call has ended: CallKit's
    /// [`Call.CallbackAfterEndCall`](https://trtc.io/document/68940).
    #[serde(rename_all = "PascalCase")]
    pub struct CallEnded {
        /// The call.
        pub call_record: CallRecord,
        /// When it ended, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A call that has ended.
    #[serde(rename_all = "PascalCase")]
    pub struct CallRecord {
        /// The call's id.
        pub call_id: String,
        /// The user who called.
        #[serde(rename = "Caller_Account")]
        pub caller_account: Option<String>,
        /// Whether it had video.
        pub media_type: Option<CallMediaType>,
        /// How many were called.
        pub call_type: Option<CallType>,
        /// When it started, in Unix seconds.
        pub start_time: Option<u64>,
        /// When it ended, in Unix seconds.
        pub end_time: Option<u64>,
        /// When it was answered, in Unix seconds; 0 if it was not.
        pub accept_time: Option<u64>,
        /// How it ended.
        pub call_result: Option<CallResult>,
        /// The users who were called. Tencent's own sample has the caller among them.
        #[serde(rename = "CalleeList_Account")]
        pub callee_list: Vec<String>,
        /// The room's id; may be empty.
        pub room_id: Option<String>,
        /// Whether the room's id is a number or a string.
        pub room_id_type: Option<RoomIdType>,
    }
}

wire_names! {
    /// How many users are called.
    pub enum CallType {
        /// One.
        SingleCall = "SingleCall",
        /// Several.
        MultiCall = "MultiCall",
    }
}

wire_names! {
    /// How a call ends.
    pub enum CallResult {
        /// The caller gave up.
        Cancel = "Cancel",
        /// It was rejected.
        Reject = "Reject",
        /// It was not answered.
        NotAnswer = "NotAnswer",
        /// In the normal way.
        NormalEnd = "NormalEnd",
        /// The user was in another call.
        CallBusy = "CallBusy",
        /// It was interrupted.
        Interrupt = "Interrupt",
        /// The user was offline.
        Offline = "Offline",
    }
}

wire_struct! {
    /// Users have joined or left a call: CallKit's
    /// [`Call.CallbackAfterMemberChanged`](https://trtc.io/document/69215). It does not name the room.
    #[serde(rename_all = "PascalCase")]
    pub struct MemberChanged {
        /// The call's id.
        pub call_id: String,
        /// The users in it now.
        pub user_list: Vec<CallUser>,
        /// The users who have changed, and how.
        pub changed_user_list: Vec<ChangedUser>,
        /// When it changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A user who has joined or left a call.
    #[serde(rename_all = "PascalCase")]
    pub struct ChangedUser {
        /// The user. On the wire also a number above 2^53.
        #[serde(rename = "User_Account")]
        pub user_account: String = default,
        /// How; on the wire `ActionType`.
        #[serde(rename = "ActionType")]
        pub action: Option<CallAction>,
    }
}

wire_names! {
    /// What a user does in a call. The page's sample and its table spell some in two ways.
    pub enum CallAction {
        /// Answers.
        Answer = "Answer" | "Accept",
        /// Rejects.
        Reject = "Reject",
        /// Does not answer.
        NotAnswer = "NotAnswer",
        /// Hangs up.
        Hangup = "Hangup" | "Hang Up",
        /// Joins.
        Join = "Join",
        /// Is offline.
        Offline = "Offline",
        /// Is invited.
        Invite = "Invite" | "Invited",
        /// Is no longer invited.
        CancelInvite = "Cancel_Invite" | "Canncel_Invite",
    }
}

wire_struct! {
    /// The recording of a call has changed state: CallKit's
    /// [`Call.CallbackAfterRecordChanged`](https://trtc.io/document/80345).
    #[serde(rename_all = "PascalCase")]
    pub struct RecordChanged {
        /// The call's id.
        pub call_id: String,
        /// The TRTC event about the recording, such as a [`Mp4Uploaded`](crate::trtc::recording::Mp4Uploaded).
        pub callback: TrtcCallback,
        /// When CallKit passed it on, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}
