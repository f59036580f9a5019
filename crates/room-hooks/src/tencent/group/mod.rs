//! Chat groups that serve as rooms (`Group.*`): five events and four questions. A live room is such
//! a group, too.
//!
//! ```
//! use room_hooks::{Verified, tencent::group::{ExitType, MemberExited}};
//!
//! async fn on_exit(exited: Verified<MemberExited>) {
//!     let was_kicked = exited.event.exit_type == Some(ExitType::Kicked);
//!     for member in &exited.event.exit_member_list {
//!         println!("{} left, kicked: {was_kicked}", member.member_account);
//!     }
//! }
//! ```

mod question;

use crate::event::macros::{wire_names, wire_struct};

use super::{Member, MemberState};

pub use self::question::{
    BeforeApplyJoinGroup, BeforeCreateGroup, BeforeInviteJoinGroup, BeforeSendMsg, MessageElement,
};

wire_struct! {
    /// Users joined a group: Chat's
    /// [`Group.CallbackAfterNewMemberJoin`](https://trtc.io/document/34372).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberJoined {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// How the users joined.
        pub join_type: Option<JoinType>,
        /// The user who made the request.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The users who joined.
        pub new_member_list: Vec<Member>,
        /// When the users joined, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users joined a group.
    pub enum JoinType in tencent::group {
        /// The users applied.
        Apply = "Apply",
        /// Another user invited the users.
        Invited = "Invited",
    }
}

wire_struct! {
    /// Users left a group: Chat's
    /// [`Group.CallbackAfterMemberExit`](https://www.tencentcloud.com/document/product/1047/34373).
    #[serde(rename_all = "PascalCase")]
    pub struct MemberExited {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// How the users left.
        pub exit_type: Option<ExitType>,
        /// The user who made the request.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The users who left.
        pub exit_member_list: Vec<Member>,
        /// When the users left, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// How users left a group.
    pub enum ExitType in tencent::group {
        /// Another user removed the users.
        Kicked = "Kicked",
        /// The users left on their own.
        Quit = "Quit",
    }
}

wire_struct! {
    /// Members of a group went online or offline: Chat's
    /// [`Group.CallbackOnMemberStateChange`](https://trtc.io/document/48734). The event has no
    /// operator.
    #[serde(rename_all = "PascalCase")]
    pub struct MemberStateChanged {
        /// The group's id.
        pub group_id: String,
        /// Whether the users are online now; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub state: Option<MemberState>,
        /// Why the state changed; on the wire `EventCause`.
        #[serde(rename = "EventCause")]
        pub cause: Option<StateCause>,
        /// The users.
        pub member_list: Vec<Member>,
        /// When the state changed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_names! {
    /// Why a member went online or offline.
    pub enum StateCause in tencent::group {
        /// The user joined the group.
        Join = "Join",
        /// The user left the group.
        Quit = "Quit",
        /// The heartbeat timed out.
        HeartbeatInterrupt = "HeartbeatInterrupt",
        /// The heartbeat resumed.
        HeartbeatRecover = "HeartbeatRecover",
    }
}

wire_struct! {
    /// A group's profile was changed: Chat's
    /// [`Group.CallbackAfterGroupInfoChanged`](https://www.tencentcloud.com/document/product/1047/34378).
    /// The event contains only the changes.
    #[serde(rename_all = "PascalCase")]
    pub struct GroupInfoChanged {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who changed the profile.
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
        /// The app's own entries that were changed, according to an older page.
        pub user_defined_data_list: Vec<UserDefinedData>,
        /// When the profile was changed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// One of the app's own entries.
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
    /// [`Group.CallbackAfterGroupDestroyed`](https://www.tencentcloud.com/document/product/1047/34377).
    /// The event does not name the user who destroyed the group.
    #[serde(rename_all = "PascalCase")]
    pub struct GroupDestroyed {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who owned the group.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// The group's name.
        pub name: Option<String>,
        /// The users who were in the group. Absent for communities.
        pub member_list: Vec<Member>,
        /// When the group was destroyed, in Unix milliseconds; on the wire a string.
        pub event_time: Option<u64>,
    }
}
