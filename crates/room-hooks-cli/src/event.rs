use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use clap::Args;
use room_hooks::testing::{Sample, question_samples, samples};
use serde_json::{Map, Value};

use crate::{Error, input, provider::ProviderName};

/// The event or question to send.
#[derive(Debug, Args)]
pub(crate) struct EventArguments {
    /// The event or question, by its name on the wire, such as room_create, express/room_create,
    /// Room.CallbackAfterUpdateRoomInfo, 103 or before_send_msg. `room-hooks events` lists them
    #[arg(required_unless_present = "body_file")]
    event: Option<String>,
    /// Sets an existing member of the event, by its path. String members stay strings; for other
    /// members, the value is parsed as JSON if possible. `:=` requires JSON. `{i}` in the value
    /// becomes the number of the delivery, from 0. `room-hooks sign EVENT` prints an event with its
    /// members
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    set: Vec<Assignment>,
    /// Adds a member that the event does not have
    #[arg(long, value_name = "PATH=VALUE", value_parser = assignment)]
    set_new: Vec<Assignment>,
    /// Reads the event from a JSON file, or from standard input if FILE is `-`
    #[arg(long, value_name = "FILE", requires = "provider", conflicts_with = "event")]
    body_file: Option<PathBuf>,
    /// The provider, if the event's name does not determine it
    #[arg(long)]
    provider: Option<ProviderName>,
}

#[derive(Debug, Clone)]
struct Assignment {
    path: String,
    value: String,
    /// Whether the value is JSON even if the member is a string.
    json: bool,
    /// Whether the assignment may add a member.
    is_new: bool,
}

/// An event before it is signed.
pub(crate) struct Unsigned {
    pub(crate) provider: ProviderName,
    event: Value,
    assignments: Vec<Assignment>,
    /// The members that distinguish a built-in event from an otherwise equal one.
    distinct_by: &'static [&'static str],
    /// The number of the first new event: a time in Unix milliseconds.
    new_since: Option<u64>,
}

fn assignment(text: &str) -> Result<Assignment, String> {
    let (path, value) = text.split_once('=').ok_or("missing `=`, as in room_id=lobby")?;
    let (path, json) = path.strip_suffix(':').map_or((path, false), |path| (path, true));
    let signed = ["appid", "timestamp", "nonce", "signature", "callbackts"];
    if signed.contains(&&*path.replace('_', "").to_lowercase()) {
        return Err(format!("{path} is set by signing; --forge sends a bad one"));
    }
    if path.split('.').any(str::is_empty) {
        return Err("a part of the path is empty".to_owned());
    }
    Ok(Assignment { path: path.to_owned(), value: value.to_owned(), json, is_new: false })
}

impl EventArguments {
    pub(crate) fn unsigned(&self) -> Result<Unsigned, Error> {
        let (provider, event, distinct_by) = match (&self.body_file, self.provider, &self.event) {
            (Some(file), Some(provider), _) => (provider, read(file)?, &[][..]),
            (_, provider, event) => built_in(event.as_deref().unwrap_or_default(), provider)?,
        };
        let new = self.set_new.iter().cloned();
        let new = new.map(|assignment| Assignment { is_new: true, ..assignment });
        let assignments = self.set.iter().cloned().chain(new).collect();
        Ok(Unsigned { provider, event, assignments, distinct_by, new_since: None })
    }
}

impl Unsigned {
    /// Makes each delivery of a built-in event a new event instead of a duplicate, by deriving its
    /// id or its time from the current time.
    pub(crate) fn renew(&mut self, now: SystemTime) {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.new_since = u64::try_from(since.as_millis()).ok();
    }

    /// Whether each delivery is a different event.
    pub(crate) fn is_numbered(&self) -> bool {
        let is_new = self.new_since.is_some() && !self.distinct_by.is_empty();
        is_new || self.assignments.iter().any(|assignment| assignment.value.contains("{i}"))
    }

    /// The event of the n-th delivery.
    pub(crate) fn event(&self, n: u64) -> Result<Value, Error> {
        let mut event = self.event.clone();
        if let Some(since) = self.new_since {
            self.distinct_by.iter().for_each(|path| make_new(&mut event, path, since + n));
        }
        for Assignment { path, value, json, is_new } in &self.assignments {
            let value = value.replace("{i}", &n.to_string());
            let place = place(&mut event, path, *is_new)?;
            *place = match serde_json::from_str(&value) {
                Ok(parsed) if *json || !place.is_string() => parsed,
                Err(error) if *json => {
                    return Err(format!("{path}:={value}: the value is not JSON: {error}").into());
                }
                _ => value.into(),
            };
        }
        Ok(event)
    }
}

/// Sets the member that distinguishes an event from an otherwise equal one, if the event has it. In
/// a path such as `task_id#sequence`, that is the number after the `#`, because all events of a
/// task have the same id.
fn make_new(event: &mut Value, path: &str, millis: u64) {
    let path = path.rsplit('#').next().unwrap_or(path);
    let Ok(place) = place(event, path, false) else { return };
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    *place = match place.as_str() {
        None => millis.into(),
        Some(text) if is_number(text) => millis.to_string().into(),
        Some(text) => format!("{text}-{millis}").into(),
    };
}

fn read(file: &Path) -> Result<Value, Error> {
    let event: Value = serde_json::from_slice(&input::read(file)?)
        .map_err(|error| format!("{} is not JSON: {error}", input::name(file)))?;
    if !event.is_object() {
        return Err(format!("{} is not a JSON object", input::name(file)).into());
    }
    Ok(event)
}

/// The Rust type of a kind of event or question.
pub(crate) fn type_name(provider: ProviderName, kind: &str) -> &'static str {
    let mut all = built_ins().filter(|sample| sample.provider == provider.as_str());
    all.find(|sample| sample.kind == kind).map_or("RawEvent", |sample| sample.type_name)
}

/// Samples of all typed events and questions.
fn built_ins() -> impl Iterator<Item = Sample> {
    samples().chain(question_samples())
}

fn built_in(
    name: &str,
    provider: Option<ProviderName>,
) -> Result<(ProviderName, Value, &'static [&'static str]), Error> {
    let of_provider = |sample: &Sample| provider.is_none_or(|p| p.as_str() == sample.provider);
    let is_called = |sample: &Sample| {
        [sample.kind, sample.type_name].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let Some(sample) = built_ins().filter(of_provider).find(is_called) else {
        if let Some(other) = built_ins().find(is_called) {
            let provider = provider.map_or("this provider", ProviderName::as_str);
            return Err(format!("{name} is sent by {}, not by {provider}", other.provider).into());
        }
        let searched = name.to_lowercase();
        let alike: Vec<_> = built_ins()
            .filter(of_provider)
            .filter(|sample| {
                let (kind, type_name) =
                    (sample.kind.to_lowercase(), sample.type_name.to_lowercase());
                let last = kind.rsplit(['.', '/']).next().unwrap_or("-");
                let is_type = type_name.ends_with(&format!("::{searched}"));
                let is_alike = kind.contains(&searched) || searched.contains(last) || is_type;
                !name.is_empty() && is_alike
            })
            .map(|sample| sample.kind)
            .collect();
        return Err(match alike.as_slice() {
            [] => format!(
                "no event is called {name}; `room-hooks events` lists all names, and --provider \
                 with --body-file sends your own event"
            )
            .into(),
            alike => {
                format!("no event is called {name}; did you mean {}?", alike.join(" or ")).into()
            }
        });
    };
    let provider = ProviderName::ALL.into_iter().find(|p| p.as_str() == sample.provider);
    Ok((provider.ok_or("the event has no provider")?, sample.event(), sample.distinct_by))
}

/// Finds the value at a path of member names and list indexes, separated by dots. Adds missing
/// members only if `is_new`, so that a typo does not add one.
fn place<'a>(event: &'a mut Value, path: &str, is_new: bool) -> Result<&'a mut Value, Error> {
    let mut place = event;
    for name in path.split('.') {
        if place.is_null() && is_new {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Object(members) => {
                if !is_new && !members.contains_key(name) {
                    let below = place_of(name, members).filter(|_| name == path);
                    return Err(no_member(path, name, below, members).into());
                }
                members.entry(name).or_insert(Value::Null)
            }
            Value::Array(list) => {
                let (index, length) = (name.parse().unwrap_or(usize::MAX), list.len());
                if index == length && is_new {
                    list.push(Value::Null);
                }
                let hint = if index == length { "; --set-new appends to it" } else { "" };
                list.get_mut(index).ok_or_else(|| {
                    format!("{path}: a list of {length} has no index {name}{hint}")
                })?
            }
            _ => return Err(format!("{path}: {name} is neither in an object nor in a list").into()),
        };
    }
    Ok(place)
}

/// The path of a nested member with this name, ignoring case.
fn place_of(name: &str, members: &Map<String, Value>) -> Option<String> {
    members.iter().find_map(|(other, value)| {
        let below = place_of(name, value.as_object()?);
        let is_here = value.as_object()?.keys().find(|member| member.eq_ignore_ascii_case(name));
        let path = is_here.cloned().or(below)?;
        Some(format!("{other}.{path}"))
    })
}

fn no_member(
    path: &str,
    name: &str,
    below: Option<String>,
    members: &Map<String, Value>,
) -> String {
    let likeness =
        |member: &String| strsim::jaro_winkler(&name.to_lowercase(), &member.to_lowercase());
    let nearest = members.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let nearest = nearest.filter(|nearest| likeness(nearest) > 0.8).cloned();
    match below.or(nearest) {
        Some(nearest) => {
            format!(
                "{path}: the event has no {name}; did you mean {nearest}? --set-new adds {name}"
            )
        }
        None => format!("{path}: the event has no {name}; --set-new adds it"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{credentials::Credentials, encoding::Encoding};

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let mut event = json!({"a": {"b": 1}, "list": [{"key": "x"}]});
        for (path, value) in [("a.b", json!(2)), ("list.0.key", json!("topic"))] {
            *place(&mut event, path, false).unwrap() = value;
        }
        for (path, value) in [("list.1.key", json!("mood")), ("new.inside", json!(true))] {
            assert!(place(&mut event, path, false).is_err(), "{path}");
            *place(&mut event, path, true).unwrap() = value;
        }
        assert_eq!(
            event,
            json!({
                "a": {"b": 2}, "list": [{"key": "topic"}, {"key": "mood"}], "new": {"inside": true},
            })
        );
        assert!(place(&mut event, "list.7.key", true).is_err());
        assert!(place(&mut event, "a.b.c", true).is_err());
    }

    #[test]
    fn a_typo_adds_no_member_and_the_nearest_member_is_suggested() {
        let mut event = json!({"room_id": "lobby", "RoomInfo": {"RoomName": "The Lobby"}});
        let before = event.clone();
        for (path, told) in [
            ("roomid", "did you mean room_id?"),
            ("Room_Id", "did you mean room_id?"),
            ("RoomInfo.RomName", "did you mean RoomName?"),
            ("zzz", "the event has no zzz; --set-new adds it"),
        ] {
            let error = place(&mut event, path, false).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("--set-new"), "{path}: {error}");
        }
        assert_eq!(event, before);
    }

    #[test]
    fn strings_stay_strings_unless_json_is_requested() {
        let assignments = ["room_id=42", "attributes.0.auto_delete=0", "operator_account:=7"];
        let unsigned = Unsigned {
            provider: ProviderName::Zego,
            event: samples().next().unwrap().event(),
            assignments: assignments.map(|text| assignment(text).unwrap()).into(),
            distinct_by: &[],
            new_since: None,
        };
        let event = unsigned.event(0).unwrap();
        assert_eq!(event["room_id"], "42");
        assert_eq!(event["attributes"][0]["auto_delete"], 0);
        assert_eq!(event["operator_account"], 7);
    }

    /// A renewed sample keeps its type.
    #[test]
    fn a_renewed_sample_differs_from_itself_and_from_the_next() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for sample in samples() {
            let (provider, event, distinct_by) = built_in(sample.kind, None).unwrap();
            let mut unsigned =
                Unsigned { provider, event, assignments: Vec::new(), distinct_by, new_since: None };
            let before = unsigned.event(0).unwrap();
            assert_eq!(before, sample.event());
            unsigned.renew(now);
            let (first, second) = (unsigned.event(0).unwrap(), unsigned.event(1).unwrap());
            let has = |path: &&str| {
                let member = path.rsplit('#').next().unwrap();
                place(&mut before.clone(), member, false).is_ok()
            };
            let is_dated_by_its_sending = !distinct_by.iter().any(has);
            assert_eq!(first == before, is_dated_by_its_sending, "{}", sample.kind);
            assert_eq!(first == second, is_dated_by_its_sending, "{}", sample.kind);

            let signer = Credentials::default().forger(provider).unwrap();
            let delivery = signer.sign(&first, Encoding::default(), now).unwrap();
            let received = signer.receive(delivery.as_delivery(), now).unwrap().unwrap();
            assert_eq!(received.kind, sample.kind, "the type is unchanged");
        }
    }

    #[test]
    fn every_sample_is_found_by_its_kind_alone() {
        for sample in built_ins() {
            let (provider, event, _) = built_in(sample.kind, None).unwrap();
            assert_eq!((provider.as_str(), event), (sample.provider, sample.event()));
        }
        let error = built_in("UpdateRoomInfo", None).unwrap_err().to_string();
        assert!(error.contains("Room.CallbackAfterUpdateRoomInfo"), "{error}");
        assert!(built_in("dance", None).unwrap_err().to_string().contains("room-hooks events"));
        assert!(built_in("103", Some(ProviderName::Zego)).is_err());
    }
}
