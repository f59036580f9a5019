use std::path::{Path, PathBuf};

use clap::Args;
use room_hooks::testing::{Sample, question_samples, samples};
use serde_json::{Map, Value};

use crate::{Error, input, provider::ProviderName};

/// Which event or question is sent.
#[derive(Debug, Args)]
pub(crate) struct EventArguments {
    /// The name on the wire of an event or a question, such as room_create, express/room_create,
    /// Room.CallbackAfterUpdateRoomInfo, 103 or before_send_msg; see `room-hooks events`
    #[arg(required_unless_present = "body_file")]
    event: Option<String>,
    /// Sets a member of it, by its path. What was a text stays one; else, and after `:=`, a value is
    /// JSON if it can be. `{i}` in it is the number of the delivery, from 0
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = assignment)]
    assignments: Vec<Assignment>,
    /// The event from a file of JSON, or `-` for standard input, instead of the built-in one
    #[arg(long, value_name = "FILE", requires = "provider", conflicts_with = "event")]
    body_file: Option<PathBuf>,
    /// Who sends it, where the event does not tell
    #[arg(long)]
    provider: Option<ProviderName>,
}

#[derive(Debug, Clone)]
struct Assignment {
    path: String,
    value: String,
    /// Whether the value is JSON even where a text was.
    json: bool,
}

/// An event before it is signed.
pub(crate) struct Unsigned {
    pub(crate) provider: ProviderName,
    event: Value,
    assignments: Vec<Assignment>,
}

fn assignment(text: &str) -> Result<Assignment, String> {
    let (path, value) = text.split_once('=').ok_or("it has no `=`, as in room_id=lobby")?;
    let (path, json) = path.strip_suffix(':').map_or((path, false), |path| (path, true));
    let signed = ["appid", "timestamp", "nonce", "signature", "callbackts"];
    if signed.contains(&&*path.replace('_', "").to_lowercase()) {
        return Err(format!("{path} is put in by the signing; a bad one is sent by --forge"));
    }
    if path.split('.').any(str::is_empty) {
        return Err("a part of the path is empty".to_owned());
    }
    Ok(Assignment { path: path.to_owned(), value: value.to_owned(), json })
}

impl EventArguments {
    pub(crate) fn unsigned(&self) -> Result<Unsigned, Error> {
        let (provider, event) = match (&self.body_file, self.provider, &self.event) {
            (Some(file), Some(provider), _) => (provider, read(file)?),
            (_, provider, event) => built_in(event.as_deref().unwrap_or_default(), provider)?,
        };
        Ok(Unsigned { provider, event, assignments: self.assignments.clone() })
    }
}

impl Unsigned {
    /// Whether each delivery is another event.
    pub(crate) fn is_numbered(&self) -> bool {
        self.assignments.iter().any(|assignment| assignment.value.contains("{i}"))
    }

    /// The event as the n-th delivery has it.
    pub(crate) fn event(&self, n: u64) -> Result<Value, Error> {
        let mut event = self.event.clone();
        for Assignment { path, value, json } in &self.assignments {
            let value = value.replace("{i}", &n.to_string());
            let place = place(&mut event, path)?;
            *place = match serde_json::from_str(&value) {
                Ok(parsed) if *json || !place.is_string() => parsed,
                _ => value.into(),
            };
        }
        Ok(event)
    }
}

fn read(file: &Path) -> Result<Value, Error> {
    let event: Value = serde_json::from_slice(&input::read(file)?)
        .map_err(|error| format!("{} is no JSON: {error}", file.display()))?;
    if !event.is_object() {
        return Err(format!("{} holds no JSON object", file.display()).into());
    }
    Ok(event)
}

/// A sample of each event and question that has a type.
fn built_ins() -> impl Iterator<Item = Sample> {
    samples().chain(question_samples())
}

fn built_in(name: &str, provider: Option<ProviderName>) -> Result<(ProviderName, Value), Error> {
    let of_provider = |sample: &Sample| provider.is_none_or(|p| p.as_str() == sample.provider);
    let Some(sample) =
        built_ins().filter(of_provider).find(|sample| sample.kind.eq_ignore_ascii_case(name))
    else {
        if let Some(other) = built_ins().find(|sample| sample.kind.eq_ignore_ascii_case(name)) {
            let provider = provider.map_or("this provider", ProviderName::as_str);
            return Err(format!("{name} is sent by {}, not by {provider}", other.provider).into());
        }
        let searched = name.to_lowercase();
        let alike: Vec<_> = built_ins()
            .filter(of_provider)
            .map(|sample| sample.kind)
            .filter(|kind| {
                let kind = kind.to_lowercase();
                let last = kind.rsplit(['.', '/']).next().unwrap_or("-");
                !name.is_empty() && (kind.contains(&searched) || searched.contains(last))
            })
            .collect();
        return Err(match alike.as_slice() {
            [] => format!(
                "no event is called {name}; `room-hooks events` lists them, and one of your own is sent \
                 by --provider and --body-file"
            )
            .into(),
            alike => format!("no event is called {name}; is it {}?", alike.join(" or ")).into(),
        });
    };
    let provider = ProviderName::ALL.into_iter().find(|p| p.as_str() == sample.provider);
    Ok((provider.ok_or("the event has no provider")?, sample.event()))
}

/// The place at a path of names and, in lists, numbers, with dots between them. What is not there on the
/// way is made.
fn place<'a>(event: &'a mut Value, path: &str) -> Result<&'a mut Value, Error> {
    let mut place = event;
    for name in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Object(members) => members.entry(name).or_insert(Value::Null),
            Value::Array(list) => {
                let index = name.parse().unwrap_or(usize::MAX);
                if index == list.len() {
                    list.push(Value::Null);
                }
                let length = list.len();
                list.get_mut(index)
                    .ok_or_else(|| format!("{path}: {name} is no place in a list of {length}"))?
            }
            _ => return Err(format!("{path}: there is nothing for {name} to be in").into()),
        };
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let mut event = json!({"a": {"b": 1}, "list": [{"key": "x"}]});
        for (path, value) in [
            ("a.b", json!(2)),
            ("list.0.key", json!("topic")),
            ("list.1.key", json!("mood")),
            ("new.inside", json!(true)),
        ] {
            *place(&mut event, path).unwrap() = value;
        }
        assert_eq!(
            event,
            json!({
                "a": {"b": 2}, "list": [{"key": "topic"}, {"key": "mood"}], "new": {"inside": true},
            })
        );
        assert!(place(&mut event, "list.7.key").is_err());
        assert!(place(&mut event, "a.b.c").is_err());
    }

    #[test]
    fn a_text_stays_a_text_unless_json_is_asked_for() {
        let assignments = ["room_id=42", "attributes.0.auto_delete=0", "operator_account:=7"];
        let unsigned = Unsigned {
            provider: ProviderName::Zego,
            event: samples().next().unwrap().event(),
            assignments: assignments.map(|text| assignment(text).unwrap()).into(),
        };
        let event = unsigned.event(0).unwrap();
        assert_eq!(event["room_id"], "42");
        assert_eq!(event["attributes"][0]["auto_delete"], 0);
        assert_eq!(event["operator_account"], 7);
    }

    #[test]
    fn every_sample_is_found_by_its_kind_alone() {
        for sample in built_ins() {
            let (provider, event) = built_in(sample.kind, None).unwrap();
            assert_eq!((provider.as_str(), event), (sample.provider, sample.event()));
        }
        let error = built_in("UpdateRoomInfo", None).unwrap_err().to_string();
        assert!(error.contains("Room.CallbackAfterUpdateRoomInfo"), "{error}");
        assert!(built_in("dance", None).unwrap_err().to_string().contains("room-hooks events"));
        assert!(built_in("103", Some(ProviderName::Zego)).is_err());
    }
}
