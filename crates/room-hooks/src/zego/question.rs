use crate::{
    Document, Facts, FailurePolicy,
    adapter::CallbackResponse,
    event::{document::string, table::questions},
};

use super::{
    Zego,
    before_send_msg::{BeforeSendMsg, Decision},
    envelope::{Envelope, EventName},
    event::on_wire,
};

questions! {
    /// Everything that ZEGO can ask.
    ///
    /// Serializes as it is on the wire, its name under `event`, without what signed it.
    pub enum Question of Zego in "zego", read by serde_json::from_str, written by on_wire,
        answered by Decision, undecided undecided;
    /// May a message be sent (ZIM)?
    BeforeSendMsg(BeforeSendMsg) = "before_send_msg", answered by Decision
        => |asked| Facts::of(asked.room()).by(asked.from_user_id.as_deref());
}

impl Question {
    /// The question of a document, if that asks: its name begins with `before_`.
    pub(super) fn of(envelope: &Envelope<'_>, document: &Document) -> Option<Self> {
        let EventName::Name(json) = envelope.event else { return None };
        let name = string(json).filter(|name| name.starts_with("before_"))?;
        Some(Self::read(&name, &name, document.as_str(), document))
    }
}

/// What is answered if no handler decides.
fn undecided(policy: FailurePolicy) -> CallbackResponse {
    crate::Decision::response(&match policy {
        FailurePolicy::Open => Decision::neutral(),
        FailurePolicy::Closed => Decision::do_not_send(),
    })
}
