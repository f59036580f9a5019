use crate::{Document, event::table::questions};

use super::{
    Decision, Tencent,
    event::{facts, on_wire},
    group, live,
};

questions! {
    /// Any question that Tencent asks. Its answer is a [`Decision`] with any code.
    ///
    /// Serializes as on the wire, with its name in `CallbackCommand`.
    ///
    /// ```
    /// use room_hooks::{Hooks, Verified, tencent::{Decision, Question, Tencent}};
    ///
    /// fn hooks(tencent: Tencent) -> Hooks<Tencent> {
    ///     Hooks::new(tencent).answer(async |question: Verified<Question>| match &question.event {
    ///         Question::BeforeSendMsg(message) if message.msg_body.is_empty() => Decision::deny(),
    ///         _ => Decision::allow(),
    ///     })
    /// }
    /// ```
    pub enum Question of Tencent in "tencent", read by serde_json::from_str, written by on_wire,
        answered by Decision;
    /// May a gift be sent?
    BeforeSendGift(live::BeforeSendGift) = "Live.CallbackBeforeSendGift",
        answered by Decision<live::BeforeSendGift>
        => |asked| facts(&*asked.room_id, &asked.operator_account, asked.gift_water.millis());
    /// May a message be sent to a group or a live room?
    BeforeSendMsg(group::BeforeSendMsg) = "Group.CallbackBeforeSendMsg",
        answered by Decision<group::BeforeSendMsg>
        => |asked| facts(&*asked.group_id, &asked.from_account, asked.event_time);
    /// May a group be created?
    BeforeCreateGroup(group::BeforeCreateGroup) = "Group.CallbackBeforeCreateGroup",
        answered by Decision<group::BeforeCreateGroup>
        => |asked| facts(None, &asked.operator_account, asked.event_time);
    /// May a user apply to join a group?
    BeforeApplyJoinGroup(group::BeforeApplyJoinGroup) = "Group.CallbackBeforeApplyJoinGroup",
        answered by Decision<group::BeforeApplyJoinGroup>
        => |asked| facts(&*asked.group_id, &asked.requestor_account, asked.event_time);
    /// May users be invited to a group?
    BeforeInviteJoinGroup(group::BeforeInviteJoinGroup) = "Group.CallbackBeforeInviteJoinGroup",
        answered by Decision<group::BeforeInviteJoinGroup>
        => |asked| facts(&*asked.group_id, &asked.operator_account, asked.event_time);
}

impl Question {
    pub(super) fn decode(command: &str, document: &Document) -> Self {
        Self::read(command, command, document.as_str(), document)
    }
}

/// Whether a command is a question. Two of Chat's questions lack the word `Before`:
/// `Sns.CallbackPrevFriendAdd` and `Sns.CallbackPrevFriendResponse`.
pub(super) fn asks(command: &str) -> bool {
    command.contains("Before") || command.starts_with("Sns.CallbackPrev")
}
