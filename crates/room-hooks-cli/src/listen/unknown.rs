//! The members of an event that its type does not have.

use std::collections::HashMap;

use serde_json::{Value, json};

/// The members that identify and authenticate the sender, in normalized spelling. No type has them.
const ENVELOPE: [&str; 5] = ["appid", "timestamp", "nonce", "signature", "callbackts"];

/// The maximum number of members to list, because the sender decides how many there are.
const MAX_LISTED: usize = 100;

/// Finds the members of a document that its typed event, serialized, does not have. Returns their
/// paths and values.
pub(super) fn unknown_members(document: &Value, typed: &Value) -> Vec<(String, Value)> {
    let mut unknown = Vec::new();
    collect(document, typed, "", &mut unknown);
    unknown.retain(|(path, _)| !ENVELOPE.contains(&&*plain(path)));
    unknown
}

fn collect(document: &Value, typed: &Value, path: &str, unknown: &mut Vec<(String, Value)>) {
    let below = |name: &dyn std::fmt::Display| match path {
        "" => name.to_string(),
        path => format!("{path}.{name}"),
    };
    match (document, typed) {
        (Value::Object(members), Value::Object(known)) => {
            let known: HashMap<_, _> =
                known.iter().map(|(name, value)| (plain(name), value)).collect();
            for (name, value) in members {
                if unknown.len() >= MAX_LISTED {
                    return;
                }
                match known.get(&plain(name)) {
                    Some(known) => collect(value, known, &below(name), unknown),
                    // An empty value carries no information.
                    None if matches!(value, Value::Null) || *value == json!({}) => {}
                    None => unknown.push((below(name), value.clone())),
                }
            }
        }
        (Value::Array(values), Value::Array(known)) => {
            for (nth, (value, known)) in values.iter().zip(known).enumerate() {
                collect(value, known, &below(&nth), unknown);
            }
        }
        // Some products send JSON in a string.
        (Value::String(text), Value::Object(_) | Value::Array(_)) => {
            if let Ok(value) = serde_json::from_str(text) {
                collect(&value, typed, path, unknown);
            }
        }
        _ => {}
    }
}

/// Normalizes the spelling of a name.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use crate::{credentials::Credentials, encoding::Encoding, provider::ProviderName, subject};
    use room_hooks::testing::{question_samples, samples};

    use super::*;

    #[test]
    fn unknown_members_are_found_at_any_depth() {
        let document = json!({
            "room_id": "lobby", "nonce": "1", "mood": "good", "nothing": null,
            "users": [{"user_id": "ada", "hat": {"size": 7}}], "detail": "{\"a\":1,\"b\":2}",
        });
        let typed = json!({"roomId": "lobby", "users": [{"user_id": "ada"}], "detail": {"a": 1}});
        let expected =
            [("detail.b", json!(2)), ("mood", json!("good")), ("users.0.hat", json!({"size": 7}))];
        let expected = expected.map(|(path, value)| (path.to_owned(), value));
        let mut unknown = unknown_members(&document, &typed);
        unknown.sort_by(|(path, _), (other, _)| path.cmp(other));
        assert_eq!(unknown, expected);
    }

    /// A type can have a map, whose members are all known, however many there are.
    #[test]
    fn many_members_cost_little_and_few_unknown_ones_are_listed() {
        let many = |from: usize| (from..from + 50_000).map(|n| (n.to_string(), json!(n)));
        let known = json!({"map": Value::Object(many(0).collect())});
        assert_eq!(unknown_members(&known, &known), []);
        let other = json!({"map": Value::Object(many(50_000).collect())});
        assert_eq!(unknown_members(&other, &known).len(), MAX_LISTED);
    }

    /// A sample has all members of its type and no others.
    #[test]
    fn no_sample_has_an_unknown_member() {
        let now = SystemTime::now();
        for sample in samples().chain(question_samples()) {
            let name = ProviderName::ALL.into_iter().find(|name| name.as_str() == sample.provider);
            let provider = Credentials::default().forger(name.unwrap()).unwrap();
            let signed = provider.sign(&sample.event(), Encoding::Json, now).unwrap();
            let received = provider.receive(signed.as_delivery(), now).unwrap().unwrap();
            let document = subject::event(&provider.explain(signed.as_delivery())).unwrap();
            let typed = serde_json::from_str(&received.data).unwrap();
            assert_eq!(unknown_members(&document, &typed), [], "{}", sample.kind);
        }
    }
}
