use serde_json::Value;

use crate::{tencent, trtc, zego};

/// A sample of an event or question that has a type, as the provider's page shows it, with made-up
/// values. [The module](super) has an example.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sample {
    /// The provider's name in logs, such as `zego`.
    pub provider: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// The [kind](crate::Callback::kind), which is unique within the provider.
    pub kind: &'static str,
    /// The dotted paths of the fields that each distinguish the event from an otherwise equal one.
    /// For `id#number`, both fields are needed. An event without such a field is distinguished by
    /// its time of sending; nothing distinguishes two equal questions.
    pub distinct_by: &'static [&'static str],
    /// The type, by its path in this crate.
    pub type_name: &'static str,
    pub(crate) fixture: &'static str,
}

impl Sample {
    /// The event or question with all its fields, ready to be signed or changed.
    #[must_use]
    pub fn event(&self) -> Value {
        let mut fixture: Value = serde_json::from_str(self.fixture).unwrap_or_default();
        fixture["full"]["sent"].take()
    }
}

/// A sample of each event that has a type, grouped by provider.
pub fn samples() -> impl Iterator<Item = Sample> {
    [zego::Event::SAMPLES, tencent::Event::SAMPLES, trtc::Event::SAMPLES].concat().into_iter()
}

/// A sample of each question that has a type, grouped by provider.
pub fn question_samples() -> impl Iterator<Item = Sample> {
    [zego::Question::SAMPLES, tencent::Question::SAMPLES].concat().into_iter()
}
