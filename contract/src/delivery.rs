//! Builds the request of a case.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{
    case::{Case, Encoding, ProviderName},
    receivers::{TENCENT_APP, TENCENT_TOKEN, TRTC_APP, TRTC_KEY, ZEGO_APP, ZEGO_SECRET},
    signature,
};

/// A request's query, headers and body.
pub(crate) struct Delivery {
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) const ZEGO_EVENT: &str = "room_create";
pub(crate) const TENCENT_EVENT: &str = "Room.CallbackAfterUpdateRoomInfo";
pub(crate) const TRTC_EVENT: &str = "103";

impl Delivery {
    /// Builds a case's request at the time `now`, in Unix seconds.
    pub(crate) fn of(case: &Case, now: u64) -> Self {
        let (query, members) = match case.provider {
            ProviderName::Zego => (String::new(), zego_members(case, now)),
            ProviderName::Tencent => (tencent_query(case, now), tencent_members(case, now)),
            ProviderName::Trtc => (String::new(), trtc_members(case, now)),
        };
        let query = format!("{query}{}", case.query_append);
        let signed = body(case, &members);
        let mut headers = headers(case, &signed);
        headers.extend(case.content_type.clone().map(|value| ("Content-Type".to_owned(), value)));
        Self { query, headers, body: replaced(signed, &case.tamper) }
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
        ("CallbackCommand", set("CallbackCommand", command(case))),
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

fn trtc_members(case: &Case, now: u64) -> Map<String, Value> {
    let honest = json!({
        "EventGroupId": 1, "EventType": 103, "CallbackTs": now * 1000,
        "EventInfo": {
            "RoomId": "lobby", "EventTs": now, "EventMsTs": now * 1000, "UserId": "ada", "Role": 20,
            "TerminalType": 2, "UserType": 3, "Reason": 1,
        },
    });
    changed(honest, case, now)
}

/// The headers that sign the body, which only TRTC has, and the headers that the case sets.
fn headers(case: &Case, body: &[u8]) -> Vec<(String, String)> {
    let honest = [
        ("SdkAppId", TRTC_APP.to_string()),
        ("Sign", signature::trtc(TRTC_KEY, body)),
        ("Content-Type", "application/json".to_owned()),
    ];
    let signs = case.provider == ProviderName::Trtc;
    let honest = honest.into_iter().filter(|_| signs);
    let mut headers: BTreeMap<_, _> =
        honest.map(|(name, value)| (name.to_owned(), value)).collect();
    headers.extend(case.headers.clone());
    headers.retain(|_, value| !value.is_empty());
    headers.into_iter().collect()
}

fn changed(honest: Value, case: &Case, now: u64) -> Map<String, Value> {
    let Value::Object(mut members) = honest else { unreachable!("it is an object") };
    if let Some(sent) = &case.sent {
        // Keep the members that the signature needs.
        members.retain(|name, _| ["appid", "timestamp", "nonce"].contains(&name.as_str()));
        members.extend(sent.as_object().unwrap().clone());
    }
    for (name, value) in &case.set {
        members.insert(name.clone(), at(value, now));
    }
    members.retain(|name, _| !case.remove.contains(name));
    members
}

/// Replaces `@now`, `@millis` or `@text` with the time that it stands for.
fn at(value: &Value, now: u64) -> Value {
    let time = |offset: &str| match offset {
        "" => now,
        offset => now.checked_add_signed(offset.parse().unwrap()).unwrap(),
    };
    let text = value.as_str().unwrap_or_default();
    if let Some(offset) = text.strip_prefix("@now") {
        time(offset).into()
    } else if let Some(offset) = text.strip_prefix("@millis") {
        (time(offset) * 1000).into()
    } else if let Some(offset) = text.strip_prefix("@text") {
        time(offset).to_string().into()
    } else {
        value.clone()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn body(case: &Case, members: &Map<String, Value>) -> Vec<u8> {
    if let Some(hex) = &case.body_hex {
        return data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    }
    let mut body = match &case.body {
        Some(body) => body.clone(),
        None => encoded(case, members),
    };
    if case.provider == ProviderName::Trtc && case.body.is_none() {
        // Adds white space as TRTC does. Code that re-serializes the body before verifying it must
        // fail.
        body = body.replace("\":", "\":\t").replace(",\"", ",\n\t\"");
    }
    let mut body = replaced(body.into_bytes(), &case.replace);
    if let Some(length) = case.pad_to {
        body.resize(length, b' ');
    }
    body
}

fn replaced(body: Vec<u8>, replacements: &BTreeMap<String, String>) -> Vec<u8> {
    replacements.iter().fold(body, |body, (from, to)| {
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(from), "{from} is not in {body}");
        body.replace(from, to).into_bytes()
    })
}

fn encoded(case: &Case, members: &Map<String, Value>) -> String {
    let mut json = serde_json::to_string(members).unwrap();
    if let [member, ..] = &*case.nested {
        json.truncate(json.len() - 1);
        json += &format!(r#","{member}":{}}}"#, nested(&case.nested));
    }
    match case.encoding {
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
            if let [member, ..] = &*case.nested {
                form.append_pair(member, &nested(&case.nested));
            }
            form.extend_pairs((0..case.form_names).map(|number| (format!("n{number}"), "v")));
            form.finish()
        }
    }
}

/// Objects nested too deep for the stack of any recursive parser.
fn nested(names: &[String]) -> String {
    const LEVELS: usize = 75_000;
    let levels = names.iter().cycle().skip(1).take(LEVELS);
    let opening: String = levels.map(|name| format!(r#"{{"{name}":"#)).collect();
    format!("{opening}null{}", "}".repeat(LEVELS))
}

/// The command in the query, which the body repeats.
fn command(case: &Case) -> String {
    let sent = case.sent.as_ref().and_then(|sent| sent["CallbackCommand"].as_str());
    sent.unwrap_or(TENCENT_EVENT).to_owned()
}
