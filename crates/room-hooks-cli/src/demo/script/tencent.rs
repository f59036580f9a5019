use std::time::SystemTime;

use room_hooks::{tencent::live::BeforeSendGift, testing::SignedDelivery};
use serde_json::{Value, json};

use crate::Error;

use super::{
    super::receiver::{QUIET_ROOM, SLOW_ROOM, TENCENT_APP, tencent},
    Act, HOUR, Scene, UNAUTHORIZED, UNREADABLE, changed,
};

pub(super) fn scene() -> Result<Scene, Error> {
    let now = SystemTime::now();
    let sign =
        |event: &Value, now| -> Result<SignedDelivery, Error> { Ok(tencent()?.sign(event, now)?) };
    let event = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "Operator_Account": "bob",
        "RoomInfo": {"RoomId": "lobby", "RoomName": "The Other Lobby", "IsAudioDisabled": true},
    });
    let destroyed = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let updated = sign(&event, now)?;
    let other = sign(&destroyed, now)?;
    let probe = changed(&sign(&json!({}), now)?, |probe| probe.body.clear());
    let with_query = |from: &str, to: &str| {
        changed(&updated, |signed| signed.query = signed.query.replace(from, to))
    };
    let gift = |room: &str| {
        let gift =
            json!({"From_Account": "bob", "To_Account": ["ada"], "GiftId": "rose", "Count": 1});
        let asked =
            json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room, "GiftWater": gift});
        sign(&asked, now)
    };
    let (app, another) = (TENCENT_APP.to_string(), (TENCENT_APP + 1).to_string());
    Ok(Scene {
        title: "Tencent",
        path: "/hooks/tencent",
        acts: vec![
            Act::handled("a room's information changes", updated.clone()),
            Act::acknowledged("its retry", updated.clone()),
            Act::acknowledged("an event without a handler", other.clone()),
            Act::acknowledged("the console's probe", probe),
            Act::decided("a question: may this gift be sent?", "allowed", gift("lobby")?),
            Act::decided("an identical gift, which is not a duplicate", "allowed", gift("lobby")?),
            Act::decided(
                "a gift to a room that denies gifts",
                "denied, code 102100: no gifts here",
                gift(QUIET_ROOM)?,
            ),
            Act::decided(
                "a gift that the handler decides on too late: the failure policy allows it",
                "allowed",
                gift(SLOW_ROOM)?,
            ),
            Act::refused("a forged signature", UNAUTHORIZED, with_query("Sign=", "Sign=0")),
            Act::refused("no signature", UNAUTHORIZED, with_query("Sign=", "Signed=")),
            Act::refused("another app's id", UNAUTHORIZED, with_query(&app, &another)),
            Act::refused("a callback from an hour ago", UNAUTHORIZED, sign(&event, now - HOUR)?),
            Act::refused(
                "different commands in the query and the body",
                UNREADABLE,
                changed(&updated, |signed| signed.body = other.body),
            ),
            Act::refused(
                "a duplicate parameter",
                UNREADABLE,
                changed(&updated, |signed| signed.query.push_str("&SDKAPPID=1")),
            ),
        ],
    })
}
