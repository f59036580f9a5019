//! What a case puts on the wire.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{
    case::{Case, Encoding, ProviderName},
    receivers::{TENCENT_APP, TENCENT_TOKEN, ZEGO_APP, ZEGO_SECRET},
    signature,
};

/// A request's query and body.
pub(crate) struct Delivery {
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) const ZEGO_EVENT: &str = "room_create";
pub(crate) const TENCENT_EVENT: &str = "Room.CallbackAfterUpdateRoomInfo";

impl Delivery {
    /// What the case sends at a time, in Unix seconds.
    pub(crate) fn of(case: &Case, now: u64) -> Self {
        let (query, members) = match case.provider {
            ProviderName::Zego => (String::new(), zego_members(case, now)),
            ProviderName::Tencent => (tencent_query(case, now), tencent_members(case, now)),
        };
        let query = format!("{query}{}", case.query_append);
        Self { query, body: body(case, &members) }
    }
}

fn zego_members(case: &Case, now: u64) -> Map<String, Value> {
    let honest = json!({
        "appid": ZEGO_APP.to_string(), "event": ZEGO_EVENT, "timestamp": now,
        "nonce": format!("{}{:06}", now << 32 >> 20, now % 1_000_000), "room_id": "lobby",
        "operator_account": "ada", "room_name": "The Lobby",
        "attributes": [{"key": "topic", "value": "rust", "auto_delete": 1}],
    });
    let mut members = changed(honest, case, now);
    if !case.set.contains_key("signature") && !case.remove.iter().any(|name| name == "signature") {
        let text = |name: &str| members.get(name).map(text).unwrap_or_default();
        let signature = signature::zego(ZEGO_SECRET, &text("timestamp"), &text("nonce"));
        members.insert("signature".to_owned(), signature.into());
    }
    members
}

fn tencent_members(case: &Case, now: u64) -> Map<String, Value> {
    let honest = json!({
        "CallbackCommand": TENCENT_EVENT, "Operator_Account": "bob",
        "RoomInfo": {"RoomId": "lobby", "RoomName": "The Lobby", "MaxMemberCount": 300},
        "EventTime": now * 1000,
    });
    changed(honest, case, now)
}

fn tencent_query(case: &Case, now: u64) -> String {
    let set = |name: &str, honest: String| match case.query.get(name) {
        Some(value) => text(&at(&value.as_str().into(), now)),
        None => honest,
    };
    let request_time = set("RequestTime", now.to_string());
    let sign = set("Sign", signature::tencent(TENCENT_TOKEN, &request_time));
    let mut parameters = vec![
        ("SdkAppid", set("SdkAppid", TENCENT_APP.to_string())),
        ("CallbackCommand", set("CallbackCommand", TENCENT_EVENT.to_owned())),
        ("contenttype", set("contenttype", "json".to_owned())),
        ("ClientIP", "127.0.0.1".to_owned()),
        ("OptPlatform", "RESTAPI".to_owned()),
        ("RequestTime", request_time),
        ("Sign", sign),
    ];
    parameters.retain(|(_, value)| !value.is_empty());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&parameters);
    for (name, value) in &case.query {
        if !parameters.iter().any(|(known, _)| known == name) && !value.is_empty() {
            query.append_pair(name, &text(&at(&value.as_str().into(), now)));
        }
    }
    query.finish()
}

fn changed(honest: Value, case: &Case, now: u64) -> Map<String, Value> {
    let Value::Object(mut members) = honest else { unreachable!("it is an object") };
    for (name, value) in &case.set {
        members.insert(name.clone(), at(value, now));
    }
    members.retain(|name, _| !case.remove.contains(name));
    members
}

/// A value in which `@now` and `@text` stand for a time.
fn at(value: &Value, now: u64) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    let (form, offset) = match (text.strip_prefix("@now"), text.strip_prefix("@text")) {
        (Some(offset), _) => (Value::from as fn(u64) -> Value, offset),
        (_, Some(offset)) => ((|time| time.to_string().into()) as fn(u64) -> Value, offset),
        _ => return value.clone(),
    };
    form(match offset {
        "" => now,
        "*1000" => now * 1000,
        offset => now.checked_add_signed(offset.parse().unwrap()).unwrap(),
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn body(case: &Case, members: &Map<String, Value>) -> Vec<u8> {
    if let Some(hex) = &case.body_hex {
        return base16ct::lower::decode_vec(hex).unwrap();
    }
    let mut body = match &case.body {
        Some(body) => body.clone(),
        None => encoded(case.encoding, members),
    };
    for (from, to) in &case.replace {
        assert!(body.contains(from), "{from} is not in {body}");
        body = body.replace(from, to);
    }
    let mut body = body.into_bytes();
    if let Some(length) = case.pad_to {
        body.resize(length, b' ');
    }
    body
}

fn encoded(encoding: Encoding, members: &Map<String, Value>) -> String {
    let json = serde_json::to_string(members).unwrap();
    match encoding {
        Encoding::Json => json,
        Encoding::Marked => format!("\u{feff} \r\n{json}\n"),
        Encoding::Percent => utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string(),
        Encoding::Plus => form_urlencoded::byte_serialize(json.as_bytes()).collect(),
        Encoding::Form => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in members {
                match value.as_array() {
                    Some(list) => {
                        form.extend_pairs(list.iter().map(|v| (format!("{name}[]"), text(v))))
                    }
                    None => form.append_pair(name, &text(value)),
                };
            }
            form.finish()
        }
    }
}
