//! What the core says of a delivery, beside what the reference says.

use std::time::SystemTime;

use room_hooks::{Delivery, Provider, Receiver, RoomEvent, Verified};
use serde::{Serialize, de::IgnoredAny};

use crate::reference::Authentic;

/// Names of which an event has two, the one on the wire and the one that it goes by.
const ALIASES: [(&str, &str); 2] = [
    ("Room.CallbackUpdateRoomInfo", "Room.CallbackAfterUpdateRoomInfo"),
    ("group_create", "room_create"),
];

/// Receives a delivery and compares.
///
/// # Panics
///
/// The two differ, or what has been received does not hold together.
pub(crate) fn check<P>(
    receiver: &Receiver<P>,
    delivery: Delivery<'_>,
    now: SystemTime,
    reference: Option<&Authentic>,
) where
    P: Provider<Event: Serialize>,
{
    match (receiver.receive::<P::Event>(delivery, now), reference) {
        (Ok(verified), Some(authentic)) => {
            let name = verified.event.name();
            let on_wire = authentic.event.as_deref().expect("there is an event");
            assert!(name == on_wire || ALIASES.contains(&(on_wire, name)), "{name} for {on_wire}");
            assert_eq!(verified.app_id, authentic.app_id);
            holds_together(&verified);
        }
        (Err(unhandled), Some(authentic)) => {
            assert_eq!((unhandled.answer.status, &authentic.event), (200, &None), "{unhandled:?}");
        }
        (Err(unhandled), None) => {
            assert!(matches!(unhandled.answer.status, 400 | 401), "{unhandled:?}");
        }
        (Ok(verified), None) => panic!("the reference refuses {verified:?}"),
    }
}

/// What is received is a document of JSON, can be asked everything, and is written as JSON.
fn holds_together<E: RoomEvent + Serialize>(verified: &Verified<E>) {
    assert!(verified.document.decode::<IgnoredAny>().is_ok(), "the document is JSON");
    let event = &verified.event;
    let _ = (event.room_id(), event.operator(), event.occurred_at(), event.session());
    assert!(event.kind() == "other" || serde_json::to_string(event).is_ok(), "it is written");
    let _ = verified.id();
}
