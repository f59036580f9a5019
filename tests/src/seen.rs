use std::sync::mpsc::Sender;

use room_hooks::{RoomEvent, Verified};
use serde::Serialize;
use serde_json::{Value, json};

/// What a driver's handlers report to.
#[derive(Debug, Clone)]
pub struct Seen(pub(crate) Sender<Value>);

impl Seen {
    /// Reports an event that a handler was called with.
    ///
    /// # Panics
    ///
    /// The event cannot be serialised.
    pub fn event<E: RoomEvent + Serialize>(&self, verified: &Verified<E>) {
        self.report(json!({
            "app_id": verified.app_id,
            "event": verified.event.name(),
            "room_id": verified.event.room_id(),
            "data": serde_json::to_string(&verified.event).unwrap(),
        }));
    }

    /// Reports a body that a handler behind a guard was called with, by its length.
    pub fn body(&self, body: &[u8]) {
        self.report(json!({ "body_bytes": body.len() }));
    }

    fn report(&self, seen: Value) {
        // The suite has stopped listening when a server outlives its case.
        let _ = self.0.send(seen);
    }
}
