use std::{fmt, marker::PhantomData};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::adapter::CallbackResponse;

use super::{Question, group, live};

/// The answer to a question from Tencent. `Q` is the question's type; `Decision` without it answers
/// any question.
///
/// ```
/// use room_hooks::tencent::{Decision, DenyCode, group::BeforeSendMsg};
///
/// const LINK: DenyCode<BeforeSendMsg> = DenyCode::new(10_100).unwrap();
///
/// fn decide(message: &BeforeSendMsg) -> Decision<BeforeSendMsg> {
///     if message.texts().any(|text| text.contains("https://")) {
///         Decision::deny_with(LINK, "no links here")
///     } else {
///         Decision::allow()
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase", bound = "")]
pub struct Decision<Q = Question> {
    action_status: &'static str,
    error_info: String,
    error_code: u32,
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip)]
    name: &'static str,
    #[serde(skip)]
    question: PhantomData<fn() -> Q>,
}

impl<Q> Decision<Q> {
    /// Allows the action: code 0.
    #[must_use]
    pub fn allow() -> Self {
        Self::new("allow", 0, String::new())
    }

    /// Denies the action: code 1. The user receives an error from Tencent.
    #[must_use]
    pub fn deny() -> Self {
        Self::new("deny", 1, String::new())
    }

    /// Denies the action. The user's client receives the code and the text.
    #[must_use]
    pub fn deny_with(code: DenyCode<Q>, text: impl Into<String>) -> Self {
        Self::new("deny", code.get(), text.into())
    }

    /// The same decision, for a handler of all questions.
    #[must_use]
    pub fn into_any(self) -> Decision {
        let Self { action_status, error_info, error_code, members, name, .. } = self;
        Decision { action_status, error_info, error_code, members, name, question: PhantomData }
    }

    fn new(name: &'static str, error_code: u32, error_info: String) -> Self {
        Self {
            // The status says whether the question was processed, not what was decided.
            action_status: "OK",
            error_info,
            error_code,
            members: Map::new(),
            name,
            question: PhantomData,
        }
    }

    fn with(mut self, name: &'static str, member: &str, value: Value) -> Self {
        self.name = name;
        self.members.insert(member.to_owned(), value);
        self
    }
}

/// Decisions on questions that this crate has no type for.
impl Decision {
    /// Creates an answer with any code, 0 to allow, and a text, as documented for the question.
    #[must_use]
    pub fn with_code(code: u32, text: impl Into<String>) -> Self {
        Self::new(if code == 0 { "allow" } else { "deny" }, code, text.into())
    }

    /// Adds a field to the answer, such as the `ResultItem` of `Sns.CallbackPrevFriendAdd`. The
    /// three fields that every answer has cannot be replaced.
    #[must_use]
    pub fn with_member(self, member: &str, value: Value) -> Self {
        if ["ActionStatus", "ErrorInfo", "ErrorCode"].contains(&member) {
            return self;
        }
        let name = self.name;
        self.with(name, member, value)
    }
}

impl Decision<group::BeforeSendMsg> {
    /// Drops the message silently: code 2. Its sender sees it as sent.
    #[must_use]
    pub fn drop_silently() -> Self {
        Self::new("drop", 2, String::new())
    }

    /// Sends the message with other content.
    #[must_use]
    pub fn replace_body(elements: Vec<group::MessageElement>) -> Self {
        let elements = serde_json::to_value(elements).unwrap_or_default();
        Self::allow().with("replace", "MsgBody", elements)
    }

    /// Sends the message with other custom data.
    #[must_use]
    pub fn replace_custom_data(cloud_custom_data: impl Into<String>) -> Self {
        let data = Value::String(cloud_custom_data.into());
        Self::allow().with("replace", "CloudCustomData", data)
    }

    /// Sends the message with other content and other custom data.
    #[must_use]
    pub fn replace(
        elements: Vec<group::MessageElement>,
        cloud_custom_data: impl Into<String>,
    ) -> Self {
        let data = Value::String(cloud_custom_data.into());
        Self::replace_body(elements).with("replace", "CloudCustomData", data)
    }
}

impl Decision<group::BeforeInviteJoinGroup> {
    /// Allows the invitation, except for these accounts.
    #[must_use]
    pub fn allow_except(accounts: Vec<String>) -> Self {
        Self::allow().with("allow_except", "RefusedMembers_Account", accounts.into())
    }
}

impl<Q: 'static> crate::Decision for Decision<Q> {
    fn response(&self) -> CallbackResponse {
        const DENIED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":1}"#;
        CallbackResponse::decision(self, DENIED)
    }

    fn as_str(&self) -> &'static str {
        self.name
    }
}

impl<Q> fmt::Debug for Decision<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("error_code", &self.error_code)
            .field("error_info", &self.error_info)
            .field("members", &self.members)
            .finish()
    }
}

/// A code that reaches the client of the user whose action was denied: 102100 to 102200 for a gift,
/// 10100 to 10200 in groups.
///
/// ```
/// use room_hooks::tencent::{DenyCode, live::BeforeSendGift};
///
/// const TOO_MANY: DenyCode<BeforeSendGift> = DenyCode::new(102_100).unwrap();
/// assert!(DenyCode::<BeforeSendGift>::new(10_100).is_none());
/// # let _ = TOO_MANY;
/// ```
pub struct DenyCode<Q> {
    code: u32,
    question: PhantomData<fn() -> Q>,
}

impl<Q: Denied> DenyCode<Q> {
    /// Creates a code; `None` if it is outside the documented range.
    #[must_use]
    pub const fn new(code: u32) -> Option<Self> {
        let (first, last) = Q::CODES;
        if code < first || code > last {
            return None;
        }
        Some(Self { code, question: PhantomData })
    }
}

impl<Q> DenyCode<Q> {
    /// The code.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.code
    }
}

impl<Q> Clone for DenyCode<Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q> Copy for DenyCode<Q> {}

impl<Q> fmt::Debug for DenyCode<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DenyCode").field(&self.code).finish()
    }
}

/// A question whose denial can carry a code that reaches the client.
#[expect(unnameable_types, reason = "only the documented questions implement it")]
pub trait Denied {
    /// The first and last of these codes, as documented.
    #[doc(hidden)]
    const CODES: (u32, u32);
}

impl Denied for live::BeforeSendGift {
    const CODES: (u32, u32) = (102_100, 102_200);
}

impl Denied for group::BeforeSendMsg {
    const CODES: (u32, u32) = (10_100, 10_200);
}

impl Denied for group::BeforeCreateGroup {
    const CODES: (u32, u32) = (10_100, 10_200);
}

impl Denied for group::BeforeApplyJoinGroup {
    const CODES: (u32, u32) = (10_100, 10_200);
}

impl Denied for group::BeforeInviteJoinGroup {
    const CODES: (u32, u32) = (10_100, 10_200);
}
