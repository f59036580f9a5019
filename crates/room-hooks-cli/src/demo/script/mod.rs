//! What is played: for each provider honest callbacks first, then everything that must be refused.

use std::time::{Duration, SystemTime};

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode},
};
use room_hooks::testing::SignedDelivery;
use serde_json::{Value, json};

use super::{
    Failure,
    receiver::{BODY_LIMIT, FLAKY_ROOM, TENCENT_APP, ZEGO_APP, tencent, zego},
};

pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) acts: Vec<Act>,
}

/// One request and the verdict that it deserves.
pub(super) struct Act {
    pub(super) title: &'static str,
    pub(super) method: Method,
    pub(super) path_and_query: String,
    pub(super) body: Body,
    pub(super) expected: StatusCode,
    pub(super) handled: bool,
}

impl Act {
    fn handled(title: &'static str, path_and_query: String, body: impl Into<Body>) -> Self {
        let refused = Self::refused(title, StatusCode::OK, path_and_query, body);
        Self { handled: true, ..refused }
    }

    fn acknowledged(title: &'static str, path_and_query: String, body: impl Into<Body>) -> Self {
        Self::refused(title, StatusCode::OK, path_and_query, body)
    }

    fn refused(
        title: &'static str,
        expected: StatusCode,
        path_and_query: String,
        body: impl Into<Body>,
    ) -> Self {
        let body = body.into();
        Self { title, method: Method::POST, path_and_query, body, expected, handled: false }
    }
}

pub(super) fn scenes() -> Result<[Scene; 2], Failure> {
    Ok([zego_scene()?, tencent_scene()?])
}

fn zego_scene() -> Result<Scene, Failure> {
    let now = SystemTime::now();
    let sign = |event: Value, now| -> Result<String, Failure> {
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
    let changed = |change: &dyn Fn(&mut Value)| -> Result<String, Failure> {
        let mut body = serde_json::from_str(&created)?;
        change(&mut body);
        Ok(body.to_string())
    };
    let path = || "/hooks/zego".to_owned();
    let unauthorized = StatusCode::UNAUTHORIZED;
    let malformed = StatusCode::BAD_REQUEST;
    let failed = StatusCode::INTERNAL_SERVER_ERROR;
    Ok(Scene {
        title: "ZEGOCLOUD, POST /hooks/zego",
        acts: vec![
            Act::handled("a room is created", path(), created.clone()),
            Act::acknowledged("its retry", path(), created.clone()),
            Act::acknowledged("its retry, signed anew", path(), sign(lobby(), now - MOMENT)?),
            Act::refused(
                "another body under its signature",
                unauthorized,
                path(),
                created.replace("lobby", "vault"),
            ),
            Act::handled("another room, percent-encoded", path(), percent_encoded(&attic)),
            Act { handled: true, ..Act::refused("a handler fails", failed, path(), flaky.clone()) },
            Act::handled("and is called again on the retry", path(), flaky.clone()),
            Act::acknowledged("but not on the next", path(), flaky),
            Act::acknowledged(
                "an event of another kind",
                path(),
                sign(json!({"event": "room_destroy", "room_id": "lobby"}), now)?,
            ),
            Act::refused(
                "a forged signature",
                unauthorized,
                path(),
                changed(&|body| body["signature"] = "0".repeat(40).into())?,
            ),
            Act::refused(
                "no signature",
                unauthorized,
                path(),
                changed(&|body| body["signature"] = Value::Null)?,
            ),
            Act::refused(
                "another app's id",
                unauthorized,
                path(),
                changed(&|body| body["appid"] = (ZEGO_APP + 1).into())?,
            ),
            Act::refused(
                "a callback of an hour ago",
                unauthorized,
                path(),
                sign(json!({"event": "room_create", "room_id": "lobby"}), now - HOUR)?,
            ),
            Act::refused(
                "a callback of an hour ahead",
                unauthorized,
                path(),
                sign(json!({"event": "room_create", "room_id": "lobby"}), now + HOUR)?,
            ),
            Act::refused(
                "a timestamp in another form",
                malformed,
                path(),
                changed(&|body| body["timestamp"] = format!("0{}", body["timestamp"]).into())?,
            ),
            Act::refused("something else entirely", malformed, path(), "<xml/>"),
            Act::refused(
                "a body over the limit",
                StatusCode::PAYLOAD_TOO_LARGE,
                path(),
                " ".repeat(BODY_LIMIT + 1),
            ),
            Act::refused("a body that never ends", StatusCode::REQUEST_TIMEOUT, path(), stalled()),
            Act {
                method: Method::GET,
                ..Act::refused(
                    "a browser's GET",
                    StatusCode::METHOD_NOT_ALLOWED,
                    path(),
                    Body::empty(),
                )
            },
        ],
    })
}

fn tencent_scene() -> Result<Scene, Failure> {
    let now = SystemTime::now();
    let updated = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "Operator_Account": "bob",
        "RoomInfo": {"RoomId": "lobby", "RoomName": "The Other Lobby", "IsAudioDisabled": true},
    });
    let destroyed = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let sign = |event: &Value, now| -> Result<SignedDelivery, Failure> {
        Ok(tencent()?.sign(event, now)?)
    };
    let SignedDelivery { query, body, .. } = sign(&updated, now)?;
    let late = sign(&updated, now - HOUR)?;
    let other = sign(&destroyed, now)?;
    let probe = sign(&json!({}), now)?;
    let path = |query: &str| format!("/hooks/tencent?{query}");
    let unauthorized = StatusCode::UNAUTHORIZED;
    let malformed = StatusCode::BAD_REQUEST;
    Ok(Scene {
        title: "Tencent, POST /hooks/tencent",
        acts: vec![
            Act::handled("a room's information changes", path(&query), body.clone()),
            Act::acknowledged("its retry", path(&query), body.clone()),
            Act::acknowledged("an event of another kind", path(&other.query), other.body.clone()),
            Act::acknowledged("the console's probe", path(&probe.query), Body::empty()),
            Act::refused(
                "a forged signature",
                unauthorized,
                path(&query.replace("Sign=", "Sign=0")),
                body.clone(),
            ),
            Act::refused(
                "no signature",
                unauthorized,
                path(&query.replace("Sign=", "Signed=")),
                body.clone(),
            ),
            Act::refused(
                "another app's id",
                unauthorized,
                path(&query.replace(&TENCENT_APP.to_string(), &(TENCENT_APP + 1).to_string())),
                body.clone(),
            ),
            Act::refused("a callback of an hour ago", unauthorized, path(&late.query), late.body),
            Act::refused("one command outside, one inside", malformed, path(&query), other.body),
            Act::refused(
                "a parameter given twice",
                malformed,
                path(&format!("{query}&SDKAPPID=1")),
                body,
            ),
        ],
    })
}

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_secs(10);

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A body that begins and then says nothing more.
fn stalled() -> Body {
    let begun = tokio_stream::once(Ok::<_, std::convert::Infallible>(Bytes::from("{")));
    Body::from_stream(tokio_stream::StreamExt::chain(begun, tokio_stream::pending()))
}
