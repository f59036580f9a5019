use std::fmt::Debug;

use arbitrary::{Result, Unstructured};
use room_hooks::{RoomEvent, tencent, trtc, zego};
use serde::{Serialize, de::DeserializeOwned};

/// Every event's decoder: a decoded event has working accessors and survives a round trip.
pub(crate) fn events(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let provider = *input.choose(&["zego", "tencent", "trtc"])?;
    let Ok(json) = str::from_utf8(input.take_rest()) else { return Ok(()) };
    match provider {
        "zego" => survives::<zego::Event>(json),
        "tencent" => survives::<tencent::Event>(json),
        _ => survives::<trtc::Event>(json),
    }
    Ok(())
}

fn survives<E>(json: &str)
where
    E: RoomEvent + Debug + Serialize + DeserializeOwned + PartialEq,
{
    let Ok(event) = serde_json::from_str::<E>(json) else { return };
    let _ = (event.room_id(), event.operator(), event.occurred_at(), event.session());
    // A raw event is serialized without its signature, and may have duplicate members.
    if event.kind() != "raw" {
        let written = serde_json::to_string(&event).expect("the event serializes");
        let again = serde_json::from_str::<E>(&written).expect("the event deserializes again");
        assert_eq!(again, event);
    }
}
