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
    /// Everything that ZEGO can ask.
    ///
    /// Serializes as it is on the wire, its name under `event`, without what signed it.
    pub enum Question of Zego in "zego", read by serde_json::from_str, written by on_wire,
        answered by Decision;
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
