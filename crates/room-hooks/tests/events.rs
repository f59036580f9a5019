//! Every event and question against its fixture: the sent JSON, the parsed event, and the values
//! that its methods return.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use room_hooks::{
    Callback, Delivery, Receiver, Verified,
    tencent::{self, Tencent},
    testing::{Sample, SignedDelivery, question_samples, samples},
    trtc,
    zego::{self, Zego},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// A form of an event, from its fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    sent: Value,
    /// The serialized event; by default the same as `sent`.
    typed: Option<Value>,
    answers: Answers,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    room_id: Option<String>,
    operator: Option<String>,
    /// In Unix milliseconds.
    occurred_at: Option<u64>,
    session: Option<u64>,
}

impl Answers {
    fn of(event: &impl Callback) -> Self {
        let since_epoch = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Self {
            room_id: event.room_id().map(str::to_owned),
            operator: event.operator().map(str::to_owned),
            occurred_at: event.occurred_at().map(|at| since_epoch(at).as_millis() as u64),
            session: event.session(),
        }
    }
}

fn forms(sample: &Sample) -> BTreeMap<String, Form> {
    let path = format!("src/testing/fixtures/{}/{}.json", sample.provider, sample.kind);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn read_event<E: DeserializeOwned>(sent: &Value) -> E {
    serde_json::from_value(sent.clone()).unwrap()
}

fn zego_question(sent: &Value) -> zego::Question {
    let zego = Zego::new(1, "secret").unwrap();
    received(zego.clone(), &zego.sign(sent, SystemTime::UNIX_EPOCH).unwrap())
}

fn tencent_question(sent: &Value) -> tencent::Question {
    let tencent = Tencent::new(1, "token").unwrap();
    received(tencent.clone(), &tencent.sign(sent, SystemTime::UNIX_EPOCH).unwrap())
}

fn received<Q: Callback>(provider: Q::Provider, signed: &SignedDelivery) -> Q {
    let receiver = Receiver::new(provider);
    receiver.receive(signed.as_delivery(), SystemTime::UNIX_EPOCH).unwrap().into_inner()
}

fn check<C>(sample: &Sample, name: &str, form: &Form, read: impl Fn(&Value) -> C)
where
    C: Callback + PartialEq,
{
    let context = format!("{} {}, {name}", sample.provider, sample.kind);
    let event = read(&form.sent);
    assert_eq!((event.kind(), event.name()), (sample.kind, sample.name), "{context}");
    assert_eq!(Answers::of(&event), form.answers, "{context}");

    let typed = form.typed.as_ref().unwrap_or(&form.sent);
    assert_eq!(&serde_json::to_value(&event).unwrap(), typed, "{context}");
    assert_eq!(read(&serde_json::to_value(&event).unwrap()), event, "{context}");

    let shown = format!("{event:?}");
    // Documented values are known. Values that a provider may add later are kept.
    assert_eq!(shown.contains("Unknown("), name == "unknown value", "{context}: {shown}");
    if name == "full" {
        for member in missing(&shown) {
            // Moderation results share types, so each lacks members that others have.
            let is_of_another = sample.kind.starts_with("censor_")
                && samples()
                    .filter(|other| other.kind.starts_with("censor_"))
                    .any(|other| has(&other.event(), &member));
            assert!(is_of_another, "{context}: {member} is missing in {shown}");
        }
    }
}

/// The members of an event that are absent or empty in its debug output.
fn missing(shown: &str) -> Vec<String> {
    shown
        .split(", ")
        .filter_map(|member| member.split_once(": None").or_else(|| member.split_once(": []")))
        .map(|(name, _)| name.rsplit([' ', '{']).next().unwrap_or(name).replace('_', ""))
        .collect()
}

/// Whether an event has a member with this name at any depth, ignoring case.
fn has(event: &Value, member: &str) -> bool {
    match event {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case(member) || has(value, member)),
        Value::Array(values) => values.iter().any(|value| has(value, member)),
        _ => false,
    }
}

#[test]
fn every_event_is_parsed_from_every_form_and_serialized() {
    for sample in samples() {
        for (name, form) in &forms(&sample) {
            match sample.provider {
                "zego" => check(&sample, name, form, read_event::<zego::Event>),
                "tencent" => check(&sample, name, form, read_event::<tencent::Event>),
                "trtc" => check(&sample, name, form, read_event::<trtc::Event>),
                other => panic!("{other} has no events here"),
            }
        }
    }
}

#[test]
fn every_question_is_parsed_from_every_form_and_serialized() {
    for sample in question_samples() {
        for (name, form) in &forms(&sample) {
            match sample.provider {
                "zego" => check(&sample, name, form, zego_question),
                "tencent" => check(&sample, name, form, tencent_question),
                other => panic!("{other} has no questions here"),
            }
        }
    }
}

#[test]
fn every_event_and_question_has_a_full_and_a_minimal_form_and_every_fixture_belongs_to_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testing/fixtures");
    assert_eq!(count_files(&folder), samples().chain(question_samples()).count());
    for sample in samples().chain(question_samples()) {
        let forms = forms(&sample);
        assert!(forms.contains_key("full") && forms.contains_key("minimal"), "{sample:?}");
        assert_eq!(sample.event(), forms["full"].sent);
    }
}

/// Vendors add members at any depth without notice.
#[test]
fn an_unknown_member_at_any_depth_changes_no_event_and_no_question() {
    fn add_unknown(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(add_unknown);
                members.insert("Paint".to_owned(), json!({"Color": [1.5, null]}));
            }
            Value::Array(values) => values.iter_mut().for_each(add_unknown),
            _ => {}
        }
    }

    fn check<C: Callback + PartialEq>(event: &Value, read: impl Fn(&Value) -> C) {
        let mut more = event.clone();
        add_unknown(&mut more);
        if let Some(own) = more.pointer_mut("/Data/MetaInfo") {
            *own = event["Data"]["MetaInfo"].clone(); // The app defines its members.
        }
        if let Some(Value::Array(elements)) = more.get_mut("MsgBody") {
            for (element, own) in elements.iter_mut().zip(event["MsgBody"].as_array().unwrap()) {
                element["MsgContent"] = own["MsgContent"].clone(); // So are the members here.
            }
        }
        assert_eq!(read(&more), read(event));
    }

    for sample in samples() {
        match sample.provider {
            "zego" => check(&sample.event(), read_event::<zego::Event>),
            "tencent" => check(&sample.event(), read_event::<tencent::Event>),
            _ => check(&sample.event(), read_event::<trtc::Event>),
        }
    }
    for sample in question_samples() {
        match sample.provider {
            "zego" => check(&sample.event(), zego_question),
            _ => check(&sample.event(), tencent_question),
        }
    }
}

/// The tables of a provider's page are written by hand.
#[test]
fn the_documentation_lists_every_event_and_question() {
    for sample in samples().chain(question_samples()) {
        let file = format!("{}/src/{}/docs.md", env!("CARGO_MANIFEST_DIR"), sample.provider);
        let page = fs::read_to_string(file).unwrap();
        let name = sample.type_name.strip_prefix(&format!("{}::", sample.provider)).unwrap();
        let table = page.split("| wire name |").nth(1).unwrap();
        assert!(table.contains(&format!("[`{name}`]")), "{name}");
    }
}

fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

/// Destroying a room reports all its members at once.
#[test]
fn ten_thousand_members_are_read() {
    let members: Vec<_> = (0..10_000).map(|member| format!("user-{member}")).collect();
    let sent = serde_json::json!({"event": "room_destroy", "room_id": "hall", "user_ids": members});
    let zego::Event::RoomDestroyed(destroyed) = serde_json::from_value(sent).unwrap() else {
        panic!("expected a room_destroy")
    };
    assert_eq!(destroyed.user_ids, members);
}

#[test]
fn a_trtc_callback_of_another_kind_or_shape_is_kept_as_sent() {
    for (sent, room_id) in [
        // Types of other groups, some with the number of a known type.
        (r#"{"EventGroupId":8,"EventType":311,"EventInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"EventGroupId":3,"EventType":308,"EventInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"EventGroupId":8,"EventType":103,"EventInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"EventGroupId":1,"EventType":103,"EventInfo":{"RoomId":["lobby"]}}"#, None),
        (r#"{"EventGroupId":1,"EventType":103}"#, None),
        // Unexpected values, and a list in place of an object.
        (
            r#"{"EventGroupId":"room","EventType":103,"EventInfo":{"RoomId":"lobby"}}"#,
            Some("lobby"),
        ),
        (r#"{"EventType":-1,"CallbackTs":"now","EventInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"EventType":103,"EventInfo":["lobby",1,2]}"#, None),
    ] {
        let event: trtc::Event = serde_json::from_str(sent).unwrap();
        assert_eq!((event.kind(), event.room_id()), ("raw", room_id), "{sent}");
        assert_eq!(
            serde_json::to_value(&event).unwrap(),
            serde_json::from_str::<Value>(sent).unwrap()
        );
    }
    // Without a group, the type decides.
    let event: trtc::Event =
        serde_json::from_str(r#"{"EventType":"103","EventInfo":{"RoomId":"lobby"}}"#).unwrap();
    assert_eq!(event.kind(), "103");
}

#[test]
fn an_object_is_not_read_as_a_list_nor_a_list_as_an_object() {
    for sent in [
        r#"{"CallbackCommand":"Room.CallbackAfterCreateRoom","RoomInfo":["lobby"]}"#,
        r#"{"CallbackCommand":"Mic.CallbackAfterSeatInfoChanged","RoomId":"lobby","SeatList":[[1]]}"#,
        r#"{"CallbackCommand":"Mic.CallbackAfterSeatInfoChanged","RoomId":"lobby","SeatList":{}}"#,
    ] {
        let event: tencent::Event = serde_json::from_str(sent).unwrap();
        assert_eq!(event.kind(), "raw", "{sent}");
    }
}

/// The room id is read from its usual places, even if other members are unexpected.
#[test]
fn the_room_id_of_an_event_with_an_unexpected_shape_is_found() {
    for sent in [
        r#"{"CallbackCommand":"x","RoomId":"lobby","RoomInfo":"none"}"#,
        r#"{"CallbackCommand":"x","RoomId":{},"RoomInfo":{"RoomId":"lobby","RoomName":{}}}"#,
        r#"{"CallbackCommand":"x","RoomInfo":[],"EventInfo":{"RoomId":"lobby"}}"#,
        r#"{"CallbackCommand":"x","room_id":"lobby","RoomId":"attic"}"#,
    ] {
        let event: tencent::Event = serde_json::from_str(sent).unwrap();
        assert_eq!(event.room_id(), Some("lobby"), "{sent}");
    }
}

/// Providers put the room id at the top or one level down. A deeper id belongs to another room.
#[test]
fn a_room_id_is_read_at_most_one_level_down() {
    let receiver = Receiver::new(Tencent::dangerous_unsigned(1));
    for (body, room_id) in [
        (r#"{"RoomInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"EventInfo":{"RoomId":7}}"#, Some("7")),
        (r#"{"RoomInfo":{"room_id":"lobby"}}"#, Some("lobby")),
        (r#"{"RoomInfo":{"RoomInfo":{"RoomId":"lobby"}}}"#, None),
        (r#"{"EventInfo":{"RoomInfo":{"RoomId":"lobby"}}}"#, None),
        (r#"{"RoomInfo":[{"RoomId":"lobby"}]}"#, None),
        (r#"{"RoomInfo":null,"EventInfo":{"RoomId":"lobby"}}"#, Some("lobby")),
        (r#"{"RoomId":"lobby","RoomInfo":{"RoomId":"attic"}}"#, Some("lobby")),
    ] {
        let delivery = Delivery::new(body.as_bytes()).with_query("SdkAppid=1&CallbackCommand=x");
        let verified: Verified<tencent::Event> =
            receiver.receive(delivery, SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(verified.event.room_id(), room_id, "{body}");
    }
}

/// The kind of an Express event is not a name that ZEGO sends.
#[test]
fn a_kind_on_the_wire_is_not_taken_for_a_name() {
    let sent = r#"{"event":"express/room_create","room_id":"lobby"}"#;
    let event: zego::Event = serde_json::from_str(sent).unwrap();
    assert_eq!((event.kind(), event.name()), ("raw", "express/room_create"));
}

#[test]
fn an_error_about_a_long_value_is_short() {
    let sent = format!(
        r#"{{"event":"room_close","room_id":"lobby","room_close_time":"{}"}}"#,
        "x".repeat(100_000)
    );
    let event: zego::Event = serde_json::from_str(&sent).unwrap();
    let zego::Event::Raw(other) = event else { panic!("{event:?}") };
    assert!(other.error.unwrap().len() <= 200);
}

#[test]
fn an_empty_seat_has_no_member() {
    let sent = r#"{"CallbackCommand":"Mic.CallbackAfterSeatInfoChanged","RoomId":"lobby",
        "SeatList":[{"Member_Account":"ada"},{"Member_Account":""},{}]}"#;
    let tencent::Event::SeatInfoChanged(changed) = serde_json::from_str(sent).unwrap() else {
        panic!("expected a change of seats")
    };
    let members: Vec<_> = changed.seat_list.iter().map(tencent::Seat::member).collect();
    assert_eq!(members, [Some("ada"), None, None]);
}

#[test]
fn an_event_without_its_room_id_is_raw() {
    for sample in samples().filter(|sample| sample.provider == "zego") {
        let mut sent = sample.event();
        // Moderation and AI agent events may lack a room.
        if sent.as_object_mut().unwrap().remove("room_id").is_none() {
            continue;
        }
        let event: zego::Event = serde_json::from_value(sent).unwrap();
        let zego::Event::Raw(other) = event else { panic!("{event:?}") };
        assert!(other.error.unwrap().contains("room_id"));
    }
}

/// Not every platform can represent all `u64` milliseconds as a time.
#[test]
fn the_latest_times_cause_no_panic() {
    let sent = format!(
        r#"{{"event":"room_close","room_id":"lobby","room_close_time":{},"room_session_id":{0}}}"#,
        u64::MAX
    );
    let event: zego::Event = serde_json::from_str(&sent).unwrap();
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(u64::MAX));
    assert_eq!((event.occurred_at(), event.session()), (at, Some(u64::MAX)));
}
