use std::fmt::Debug;

use arbitrary::{Result, Unstructured};
use room_hooks::{RoomEvent, tencent, trtc, zego};
use serde::{Serialize, de::DeserializeOwned};

/// Every event's decoder: what can be read can be asked everything, written, and read again as the same.
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
    // What is kept as it is comes without what signs it, and two of its members may have one name.
    if event.kind() != "raw" {
        let written = serde_json::to_string(&event).expect("it is written");
        let again = serde_json::from_str::<E>(&written).expect("it is read again");
        assert_eq!(again, event);
    }
}
