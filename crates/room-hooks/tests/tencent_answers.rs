//! Responses of hooks to Tencent events: every response has Tencent's format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{io, time::Duration};

use serde_json::json;
use tokio::time::sleep;

use room_hooks::{RoomInfoUpdated, Verified, tencent::Tencent};

use here::hooks_here;
use zego_hooks::now;

#[tokio::test(start_paused = true)]
async fn failures_and_timeouts_are_answered_in_tencents_format() {
    let tencent = || Tencent::new(1, "token").unwrap();
    let event = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "RoomInfo": {"RoomId": "r"},
    });
    let signed = tencent().sign(&event, now()).unwrap();
    let failing = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| Err::<(), _>(io::Error::other("secret reason")));
    let slow = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| sleep(Duration::from_secs(9)).await);
    for (hooks, status) in [(failing, 500), (slow, 503)] {
        let answer = hooks.deliver(signed.as_delivery(), now()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body, r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#);
    }
}
