use std::time::SystemTime;

use room_hooks::testing::SignedDelivery;
use serde_json::{Value, json};

use crate::Error;

use super::{
    super::receiver::{BODY_LIMIT, FLAKY_ROOM, ZEGO_APP, zego},
    Act, HOUR, MOMENT, Scene, Sent, UNAUTHORIZED, UNREADABLE,
};

pub(super) fn scene() -> Result<Scene, Error> {
    let now = SystemTime::now();
    let sign = |event: Value, now| -> Result<String, Error> {
        Ok(String::from_utf8(zego()?.sign(&event, now)?.body)?)
    };
    let lobby = || {
        json!({
            "event": "room_create", "room_id": "lobby", "operator_account": "ada",
            "room_name": "The Lobby",
            "attributes": [{"key": "topic", "value": "rust", "auto_delete": 1}],
        })
    };
    let created = sign(lobby(), now)?;
    let attic = sign(json!({"event": "room_create", "room_id": "50% + attic"}), now)?;
    let flaky = sign(json!({"event": "room_create", "room_id": FLAKY_ROOM}), now)?;
    let destroyed = sign(json!({"event": "room_destroy", "room_id": "lobby"}), now)?;
    let changed = |change: &dyn Fn(&mut Value)| -> Result<String, Error> {
        let mut body = serde_json::from_str(&created)?;
        change(&mut body);
        Ok(body.to_string())
    };
    let forged = changed(&|body| body["signature"] = "0".repeat(40).into())?;
    let unsigned = changed(&|body| body["signature"] = Value::Null)?;
    let another = changed(&|body| body["appid"] = (ZEGO_APP + 1).into())?;
    let odd = changed(&|body| body["timestamp"] = format!("0{}", body["timestamp"]).into())?;
    Ok(Scene {
        title: "ZEGOCLOUD",
        path: "/hooks/zego",
        acts: vec![
            Act::handled("a room is created", created.clone()),
            Act::acknowledged("its retry", created.clone()),
            Act::handled("the room is created again", sign(lobby(), now - MOMENT)?),
            Act::refused(
                "another body with its signature",
                UNAUTHORIZED,
                created.replace("lobby", "vault"),
            ),
            Act::handled("another room, percent-encoded", percent_encoded(&attic)),
            Act { handled: true, ..Act::refused("the handler fails", 500, flaky.clone()) },
            Act::handled("its retry calls the handler again", flaky.clone()),
            Act::acknowledged("the next retry does not", flaky),
            Act::acknowledged("an event without a handler", destroyed),
            Act::refused("a forged signature", UNAUTHORIZED, forged),
            Act::refused("no signature", UNAUTHORIZED, unsigned),
            Act::refused("another app's id", UNAUTHORIZED, another),
            Act::refused("a callback from an hour ago", UNAUTHORIZED, sign(lobby(), now - HOUR)?),
            Act::refused(
                "a callback dated an hour ahead",
                UNAUTHORIZED,
                sign(lobby(), now + HOUR)?,
            ),
            Act::refused("a non-canonical timestamp", UNREADABLE, odd),
            Act::refused("a body that is not a callback", UNREADABLE, "<xml/>".to_owned()),
            Act::refused("a body over the limit", 413, oversize()),
            Act::refused("a body that never ends", 408, Sent::PostSlowly(padding(BODY_LIMIT))),
            Act::refused("a browser's GET", 405, Sent::Get),
        ],
    })
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn padding(length: usize) -> SignedDelivery {
    SignedDelivery::new(String::new(), Vec::new(), vec![b' '; length])
}

/// A callback that is too large. It waits for `100 Continue`, because the receiver refuses it by
/// its length and may close the connection; a client that is still sending would miss the response.
fn oversize() -> SignedDelivery {
    let mut oversize = padding(BODY_LIMIT + 1);
    oversize.headers.push(("Expect".to_owned(), "100-continue".to_owned()));
    oversize
}
