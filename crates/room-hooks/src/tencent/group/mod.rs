//! Chat groups that serve as rooms: `Group.*`, five events and four questions. A live room is such a group, too.

mod question;

use crate::event::macros::{wire_names, wire_struct};

use super::{Member, MemberState};

pub use self::question::{
    BeforeApplyJoinGroup, BeforeCreateGroup, BeforeInviteJoinGroup, BeforeSendMsg, MessageElement,
};

wire_struct! {
    /// Users have joined a group: Chat's
    /// [`Group.CallbackAfterNewMemberJoin`](https://trtc.io/document/34372).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberJoined {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// How they joined.
        pub join_type: Option<JoinType>,
        /// The user whose request it was.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The users who joined.
        pub new_member_list: Vec<Member>,
        /// When they joined, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users join a group.
    pub enum JoinType {
        /// They applied.
        Apply = "Apply",
        /// Another user invited them.
        Invited = "Invited",
    }
}

wire_struct! {
    /// Users have left a group: Chat's
    /// [`Group.CallbackAfterMemberExit`](https://www.tencentcloud.com/document/product/1047/34373).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberExited {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// How they left.
        pub exit_type: Option<ExitType>,
        /// The user whose request it was.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The users who left.
        pub exit_member_list: Vec<Member>,
        /// When they left, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users leave a group.
    pub enum ExitType {
        /// Another user removed them.
        Kicked = "Kicked",
        /// By themselves.
        Quit = "Quit",
    }
}

wire_struct! {
    /// Members of a group are online, or no longer: Chat's
    /// [`Group.CallbackOnMemberStateChange`](https://trtc.io/document/48734). It has no operator.
    #[serde(rename_all = "PascalCase")]
    pub struct MemberStateChanged {
        /// The group's id.
        pub group_id: String,
        /// Whether they are online now; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub state: Option<MemberState>,
        /// Why; on the wire `EventCause`.
        #[serde(rename = "EventCause")]
        pub cause: Option<StateCause>,
        /// The users.
        pub member_list: Vec<Member>,
        /// When it changed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// Why a member is online, or is not.
    pub enum StateCause {
        /// Joined the group.
        Join = "Join",
        /// Left the group.
        Quit = "Quit",
        /// The heartbeat ran out.
        HeartbeatInterrupt = "HeartbeatInterrupt",
        /// The heartbeat is back.
        HeartbeatRecover = "HeartbeatRecover",
    }
}

wire_struct! {
    /// A group's profile was changed: Chat's
    /// [`Group.CallbackAfterGroupInfoChanged`](https://www.tencentcloud.com/document/product/1047/34378). It has only
    /// what was changed.
    #[serde(rename_all = "PascalCase")]
    pub struct GroupInfoChanged {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The new name.
        pub name: Option<String>,
        /// The new introduction.
        pub introduction: Option<String>,
        /// The new notice.
        pub notification: Option<String>,
        /// The URL of the new picture.
        pub face_url: Option<String>,
        /// The app's own entries that were changed, on an older page.
        pub user_defined_data_list: Vec<UserDefinedData>,
        /// When it was changed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// An entry of the app's own.
    #[serde(rename_all = "PascalCase")]
    pub struct UserDefinedData {
        /// The entry's name.
        pub key: String = default,
        /// The entry's value.
        pub value: String = default,
    }
}

wire_struct! {
    /// A group was destroyed: Chat's
    /// [`Group.CallbackAfterGroupDestroyed`](https://www.tencentcloud.com/document/product/1047/34377). It does not say
    /// by whom.
    #[serde(rename_all = "PascalCase")]
    pub struct GroupDestroyed {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who owned it.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// The group's name.
        pub name: Option<String>,
        /// The users who were in it. Not there for communities.
        pub member_list: Vec<Member>,
        /// When it was destroyed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}
