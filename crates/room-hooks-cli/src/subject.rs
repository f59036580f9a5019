//! The event that a delivery claims to contain, whether or not it is authentic.

use std::time::SystemTime;

use room_hooks::{Delivery, testing::Explanation};
use serde_json::Value;

use crate::{encoding::Encoding, provider::Provider};

/// The event or question that a delivery claims to contain. **It is not verified.**
pub(crate) struct Subject {
    /// The name on the wire.
    pub(crate) name: String,
    /// The kind; `raw` if it has no Rust type.
    pub(crate) kind: &'static str,
    pub(crate) room_id: Option<String>,
}

impl Subject {
    /// Reads the callback. `None` if the delivery contains none.
    pub(crate) fn of(provider: &Provider, delivery: Delivery<'_>) -> Option<Self> {
        let event = event(&provider.explain(delivery))?;
        // Only a signed callback is read as its type.
        let now = SystemTime::now();
        let signed = provider.sign(&event, Encoding::Json, now).ok()?;
        let received = provider.receive(signed.as_delivery(), now).ok()??;
        Some(Self { name: received.event, kind: received.kind, room_id: received.room_id })
    }
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
