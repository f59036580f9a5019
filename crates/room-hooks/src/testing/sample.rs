use serde_json::Value;

use crate::{tencent, trtc, zego};

/// A sample of an event or question that has a type: what its provider's page shows, with made-up values.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sample {
    /// The provider, as in logs: `zego`, for one.
    pub provider: &'static str,
    /// Its name on the wire.
    pub name: &'static str,
    /// Its [kind](crate::Callback::kind), unlike all others of its provider.
    pub kind: &'static str,
    /// The members, by their paths with dots, of which one tells the event from the next that is equal. Of
    /// `id#number`, both members together do.
    /// Without any of them, the time of sending tells two events apart; nothing tells two questions apart.
    pub distinct_by: &'static [&'static str],
    /// Its type, by its path in this crate.
    pub type_name: &'static str,
    pub(crate) fixture: &'static str,
}

impl Sample {
    /// The event or question in all its members, to be signed or to be changed first.
    #[must_use]
    pub fn event(&self) -> Value {
        let mut fixture: Value = serde_json::from_str(self.fixture).unwrap_or_default();
        fixture["full"]["sent"].take()
    }
}

/// A sample of each event that has a type, by provider.
pub fn samples() -> impl Iterator<Item = Sample> {
    [zego::Event::SAMPLES, tencent::Event::SAMPLES, trtc::Event::SAMPLES].concat().into_iter()
}

/// A sample of each question that has a type, by provider.
pub fn question_samples() -> impl Iterator<Item = Sample> {
    [zego::Question::SAMPLES, tencent::Question::SAMPLES].concat().into_iter()
}
