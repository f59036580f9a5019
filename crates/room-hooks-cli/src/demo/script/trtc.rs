use std::time::SystemTime;

use serde_json::json;

use crate::Error;

use super::{super::receiver::trtc, Act, MOMENT, Scene, UNAUTHORIZED, UNREADABLE, changed};

pub(super) fn scene() -> Result<Scene, Error> {
    let now = SystemTime::now();
    let event = json!({
        "EventType": 103,
        "EventInfo": {
            "RoomId": 8489, "EventMsTs": 1757500000123_u64, "UserId": "ada", "Role": 20, "Reason": 1,
        },
    });
    let recorded = json!({"EventGroupId": 8, "EventType": 801, "EventInfo": {"TaskId": "page"}});
    let entered = trtc()?.sign(&event, now)?;
    let with_header = |name: &str, value: &str| {
        changed(&entered, |signed| {
            signed.headers.retain(|(other, _)| other != name);
            signed.headers.push((name.to_owned(), value.to_owned()));
        })
    };
    let tampered = changed(&entered, |signed| {
        let body = String::from_utf8_lossy(&signed.body);
        signed.body = body.replace("ada", "eve").into_bytes();
    });
    let rewritten = changed(&entered, |signed| signed.body.push(b'\n'));
    Ok(Scene {
        title: "Tencent TRTC",
        path: "/hooks/trtc",
        acts: vec![
            Act::handled("a user enters a room", entered.clone()),
            Act::acknowledged("its retry", entered.clone()),
            Act::acknowledged("its retry, with a new time", trtc()?.sign(&event, now + MOMENT)?),
            Act::acknowledged("an event of another group", trtc()?.sign(&recorded, now)?),
            Act::refused("a body that was changed in transit", UNAUTHORIZED, tampered),
            Act::refused("a body with an extra newline at the end", UNAUTHORIZED, rewritten),
            Act::refused("no signature", UNAUTHORIZED, with_header("Sign", "")),
            Act::refused("another app's id", UNAUTHORIZED, with_header("SdkAppId", "1")),
            Act::refused(
                "a signed body that is not a callback",
                UNREADABLE,
                trtc()?.sign(&json!({"hello": "world"}), now)?,
            ),
        ],
    })
}
