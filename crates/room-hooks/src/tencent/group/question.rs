use serde_json::{Map, Value, json};

use crate::{event::macros::wire_struct, tencent::Member};

wire_struct! {
    /// May a message be sent? Chat's `Group.CallbackBeforeSendMsg` of a
    /// [live room](https://trtc.io/document/74347) and of a
    /// [group](https://www.tencentcloud.com/document/product/1047/34374).
    ///
    /// Tencent waits 2 s and then **delivers** the message, unless the console says otherwise. An
    /// attacker who delays the handler can therefore bypass it: set
    /// [`FailurePolicy::Closed`](crate::FailurePolicy::Closed).
    ///
    /// ```
    /// use room_hooks::{FailurePolicy, Hooks, Verified, tencent::{Decision, Tencent, group}};
    ///
    /// fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    ///     Hooks::new(tencent)
    ///         .with_question_failure_policy::<group::BeforeSendMsg>(FailurePolicy::Closed)
    ///         .answer(async |message: Verified<group::BeforeSendMsg>| {
    ///             match message.event.texts().any(|text| text.contains("https://")) {
    ///                 true => Decision::deny(),
    ///                 false => Decision::allow(),
    ///             }
    ///         })
    /// }
    /// ```
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeSendMsg {
        /// The group's id. A live room is a group, too.
        pub group_id: String,
        /// The kind of group: `Live` for a live room; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The user who sends the message.
        #[serde(rename = "From_Account")]
        pub from_account: Option<String>,
        /// The user who made the request: the user who sends the message, or an administrator
        /// through the REST API.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The message's random number, 32 bits.
        pub random: Option<u64>,
        /// The message's id: two questions with the same id are about the same message.
        pub msg_id: Option<String>,
        /// The message's elements, in order.
        pub msg_body: Vec<MessageElement>,
        /// Custom data.
        pub cloud_custom_data: Option<String>,
        /// 1 if the message is only for members who are online; absent in live rooms.
        pub online_only_flag: Option<u64>,
        /// The topic, in a community.
        pub topic_id: Option<String>,
        /// When the message was sent, in Unix milliseconds; on some pages a string.
        pub event_time: Option<u64>,
    }
}

impl BeforeSendMsg {
    /// The texts among the message's elements.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.msg_body.iter().filter_map(MessageElement::text)
    }
}

wire_struct! {
    /// An element of a message.
    ///
    /// ```
    /// use room_hooks::tencent::group::MessageElement;
    ///
    /// let element = MessageElement::from_text("hello");
    /// assert_eq!(element.text(), Some("hello"));
    /// ```
    #[serde(rename_all = "PascalCase")]
    pub struct MessageElement {
        /// The element's type, such as `TIMTextElem`.
        pub msg_type: String,
        /// The element's fields, which depend on its type.
        pub msg_content: Map<String, Value>,
    }
}

impl MessageElement {
    const TEXT: &str = "TIMTextElem";

    /// Creates an element of a type, with its fields.
    #[must_use]
    pub fn new(msg_type: impl Into<String>, msg_content: Map<String, Value>) -> Self {
        Self { msg_type: msg_type.into(), msg_content }
    }

    /// Creates a text element.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        let content = Map::from_iter([("Text".to_owned(), json!(text.into()))]);
        Self::new(Self::TEXT, content)
    }

    /// The text; `None` for an element that is not a text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = self.msg_content.get("Text").filter(|_| self.msg_type == Self::TEXT);
        text.and_then(Value::as_str)
    }
}

wire_struct! {
    /// May a group be created? Chat's
    /// [`Group.CallbackBeforeCreateGroup`](https://www.tencentcloud.com/document/product/1047/34368).
    /// The group does not have an id yet.
    ///
    /// ```
    /// use room_hooks::{Verified, tencent::{Decision, group::BeforeCreateGroup}};
    ///
    /// async fn decide(question: Verified<BeforeCreateGroup>) -> Decision<BeforeCreateGroup> {
    ///     match question.event.create_group_num {
    ///         Some(..10) => Decision::allow(),
    ///         _ => Decision::deny(),
    ///     }
    /// }
    /// ```
    #[serde(rename_all = "PascalCase")]
    pub struct BeforeCreateGroup {
        /// The user who creates the group.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The user who will own the group.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// The kind of group, such as `AVChatRoom`; on the wire `Type`.
        #[serde(rename = "Type")]
        pub group_type: Option<String>,
        /// The group's name.
        pub name: Option<String>,
        /// The number of groups that the user has created.
        pub create_group_num: Option<u64>,
        /// The initial members.
        pub member_list: Vec<Member>,
        /// When the user asked, in Unix milliseconds; on some pages a string.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// May a user apply to join a group? Chat's
    /// [`Group.CallbackBeforeApplyJoinGroup`](https://www.tencentcloud.com/document/product/1047/34370).
    /// Allowing it does not replace an administrator's approval.
    ///
    /// ```
    /// use room_hooks::{Verified, tencent::{Decision, group::BeforeApplyJoinGroup}};
    ///
    /// async fn decide(apply: Verified<BeforeApplyJoinGroup>) -> Decision<BeforeApplyJoinGroup> {
    ///     match &apply.event.requestor_account {
    ///         Some(_) => Decision::allow(),
    ///         None => Decision::deny(),
    ///     }
    /// }
    /// ```
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
        /// When the user applied, in Unix milliseconds; on some pages a string.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// May users be invited to a group? Chat's
    /// [`Group.CallbackBeforeInviteJoinGroup`](https://www.tencentcloud.com/document/product/1047/34371).
    ///
    /// ```
    /// use room_hooks::{Verified, tencent::{Decision, group::BeforeInviteJoinGroup}};
    ///
    /// async fn decide(invite: Verified<BeforeInviteJoinGroup>) -> Decision<BeforeInviteJoinGroup> {
    ///     let invited = invite.event.destination_members.iter().map(|user| &user.member_account);
    ///     let banned = invited.filter(|user| user.starts_with("banned")).cloned();
    ///     Decision::allow_except(banned.collect())
    /// }
    /// ```
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
        /// When the users were invited, in Unix milliseconds; on some pages a string.
        pub event_time: Option<u64>,
    }
}
