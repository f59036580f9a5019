use serde_json::{Map, Value, json};

use crate::{event::macros::wire_struct, tencent::Member};

wire_struct! {
    /// May a message be sent? Chat's `Group.CallbackBeforeSendMsg` of a
    /// [live room](https://trtc.io/document/74347) and of a
    /// [group](https://www.tencentcloud.com/document/product/1047/34374).
    ///
    /// Tencent waits 2 s and then **delivers** the message, unless the console says otherwise. Anyone who delays the
    /// handler gets a message past it: set [`FailurePolicy::Closed`](crate::FailurePolicy::Closed).
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeSendMsg {
        /// The id of the group, which a live room is, too.
        pub group_id: String,
        /// The kind of group: `Live` for a live room; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who sends it.
        #[serde(rename = "From_Account")]
        pub from_account: Option<String>,
        /// Who asked for it: the sender, or an administrator by the REST API.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// A random number of the message's, 32 bits.
        pub random: Option<u64>,
        /// The message's id: two questions with the same one are about the same message.
        pub msg_id: Option<String>,
        /// The message's elements, in their order.
        pub msg_body: Vec<MessageElement>,
        /// Custom data.
        pub cloud_custom_data: Option<String>,
        /// 1 if the message is only for those who are online; not in live rooms.
        pub online_only_flag: Option<u64>,
        /// The topic, in a community.
        pub topic_id: Option<String>,
        /// When it was sent, in Unix milliseconds; on the wire a string on some pages.
        pub event_time: Option<u64>,
    }
}

impl BeforeSendMsg {
    /// The texts of the message's elements.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.msg_body.iter().filter_map(MessageElement::text)
    }
}

wire_struct! {
    /// An element of a message.
    #[serde(rename_all = "PascalCase")]
    pub struct MessageElement {
        /// Its type, such as `TIMTextElem`.
        pub msg_type: String,
        /// Its members, which the type tells.
        pub msg_content: Map<String, Value>,
    }
}

impl MessageElement {
    const TEXT: &str = "TIMTextElem";

    /// Creates an element of a type, with its members.
    #[must_use]
    pub fn new(msg_type: impl Into<String>, msg_content: Map<String, Value>) -> Self {
        Self { msg_type: msg_type.into(), msg_content }
    }

    /// Creates a text.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        let content = Map::from_iter([("Text".to_owned(), json!(text.into()))]);
        Self::new(Self::TEXT, content)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = self.msg_content.get("Text").filter(|_| self.msg_type == Self::TEXT);
        text.and_then(Value::as_str)
    }
}

wire_struct! {
    /// May a group be created? Chat's
    /// [`Group.CallbackBeforeCreateGroup`](https://www.tencentcloud.com/document/product/1047/34368). The group has
    /// no id yet.
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeCreateGroup {
        /// The user who creates it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The user who will own it.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// The kind of group, such as `AVChatRoom`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The group's name.
        pub name: Option<String>,
        /// How many groups the user has created.
        pub create_group_num: Option<u64>,
        /// The first members.
        pub member_list: Vec<Member>,
        /// When the user asked, in Unix milliseconds; on the wire a string on some pages.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// May a user apply to join a group? Chat's
    /// [`Group.CallbackBeforeApplyJoinGroup`](https://www.tencentcloud.com/document/product/1047/34370). To allow it
    /// does not replace an administrator's approval.
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeApplyJoinGroup {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who applies.
        #[serde(rename = "Requestor_Account")]
        pub requestor_account: Option<String>,
        /// When the user applied, in Unix milliseconds; on the wire a string on some pages.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// May users be invited to a group? Chat's
    /// [`Group.CallbackBeforeInviteJoinGroup`](https://www.tencentcloud.com/document/product/1047/34371).
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeInviteJoinGroup {
        /// The group's id.
        pub group_id: String,
        /// The kind of group, such as `Public`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who invites.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The users who are invited.
        pub destination_members: Vec<Member>,
        /// When they were invited, in Unix milliseconds; on the wire a string on some pages.
        pub event_time: Option<u64>,
    }
}
