use crate::{
    Document, Facts,
    event::{document::string, table::questions},
};

use super::{
    Zego,
    before_send_msg::{BeforeSendMsg, Decision},
    envelope::{Envelope, EventName},
    event::on_wire,
};

questions! {
    /// Any question that ZEGO asks.
    ///
    /// Serializes as on the wire, with its name in `event`, without the signature.
    ///
    /// ```
    /// use room_hooks::{Hooks, Verified, zego::{Decision, Question, Zego}};
    ///
    /// fn hooks(zego: Zego) -> Hooks<Zego> {
    ///     Hooks::new(zego).answer(async |question: Verified<Question>| match &question.event {
    ///         Question::BeforeSendMsg(message) if message.msg_body.is_empty() => {
    ///             Decision::do_not_send()
    ///         }
    ///         _ => Decision::neutral(),
    ///     })
    /// }
    /// ```
    pub enum Question of Zego in "zego", read by serde_json::from_str, written by on_wire,
        answered by Decision;
    /// May a message be sent (ZIM)?
    BeforeSendMsg(BeforeSendMsg) = "before_send_msg", answered by Decision
        => |asked| Facts::of(asked.room()).by(asked.from_user_id.as_deref());
}

impl Question {
    /// The question in a document, if it is one: the name of a question begins with `before_`.
    pub(super) fn of(envelope: &Envelope<'_>, document: &Document) -> Option<Self> {
        let EventName::Name(json) = envelope.event else { return None };
        let name = string(json).filter(|name| name.starts_with("before_"))?;
        Some(Self::read(&name, &name, document.as_str(), document))
    }
}
