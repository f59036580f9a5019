//! The event that a delivery claims to contain, whether or not it is authentic.

use room_hooks::{
    Callback, Delivery, tencent::Tencent, testing::Explanation, trtc::Trtc, zego::Zego,
};
use serde_json::Value;

use crate::provider::Provider;

/// The event that a delivery claims to contain. **It is not verified.**
pub(crate) struct Subject {
    /// The event's name on the wire.
    pub(crate) name: String,
    /// The event's kind; `raw` if it has no Rust type.
    pub(crate) kind: &'static str,
    pub(crate) room_id: Option<String>,
}

impl Subject {
    /// Reads the event. `None` if the delivery contains none.
    pub(crate) fn of(provider: &Provider, delivery: Delivery<'_>) -> Option<Self> {
        let event = event(&provider.explain(delivery))?;
        match provider {
            Provider::Zego(_) => of_event::<Zego>(&event),
            Provider::Tencent(_) => of_event::<Tencent>(&event),
            Provider::Trtc(_) => of_event::<Trtc>(&event),
        }
    }
}

fn of_event<P: room_hooks::Provider>(event: &Value) -> Option<Subject> {
    let event: P::Event = serde_json::from_str(&event.to_string()).ok()?;
    Some(Subject {
        name: event.name().to_owned(),
        kind: event.kind(),
        room_id: event.room_id().map(str::to_owned),
    })
}

/// The event of a delivery, with the command that Tencent may send only in the query.
pub(crate) fn event(explanation: &Explanation) -> Option<Value> {
    let mut event = explanation.event.clone().filter(Value::is_object)?;
    let command = explanation.read.iter().find(|(name, _)| *name == "CallbackCommand");
    if let Some((name, command)) = command {
        event[*name] = command.as_str().into();
    }
    Some(event)
}
