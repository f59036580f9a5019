//! ZEGO's form mode: names and values instead of JSON.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::{Refusal, request::form};

use super::envelope::{Credentials, DECIDING, deciding};

/// The maximum number of different names in a form. The elements of a list count as one.
const MOST_NAMES: usize = 256;

/// The maximum number of brackets in a name; a name with more is kept whole. ZEGO nests no deeper
/// than objects in a list.
const MOST_BRACKETS: usize = 2;

/// The maximum number of pairs in a form. Once it is converted, a small pair takes many times its
/// size. An event that lists about this many users still fits.
const MOST_PAIRS: usize = 50_000;

/// Reads the pairs that identify a form's sender. It builds nothing yet, because the sender is
/// unknown.
pub(super) fn credentials(text: &str) -> Result<Credentials<'_>, Refusal> {
    /// The lengths of names to look at: from that of the shortest name to more than the longest
    /// name needs if every character is escaped.
    const LENGTHS: RangeInclusive<usize> = 5..=64;
    let mut found = [None; DECIDING];
    // A body may consist of nothing but pairs. The length of the name excludes most of them
    // cheaply.
    for (name, value) in form::pairs(text).filter(|(name, _)| LENGTHS.contains(&name.len())) {
        let before =
            deciding(percent_decode_str(name)).and_then(|index| found[index].replace(value));
        if before.is_some() {
            return Err(Refusal::DuplicateParameter);
        }
    }
    let [app_id, event, event_type, timestamp, nonce, signature] = found;
    if event.or(event_type).is_none() {
        return Err(Refusal::Malformed { what: "the body is in no known encoding" });
    }
    let decoded = |value: Option<_>| value.map(form::decoded).transpose();
    Ok(Credentials {
        app_id: decoded(app_id)?,
        timestamp: decoded(timestamp)?,
        nonce: decoded(nonce)?,
        signature: decoded(signature)?,
    })
}

/// Converts a form to the JSON object that it represents: each value is a string, `name[]` and
/// `name[0]` are elements of a list, and `name[key]` is a field of an object.
pub(super) fn to_json(text: &str) -> Result<String, Refusal> {
    if form::pairs(text).nth(MOST_PAIRS).is_some() {
        return Err(Refusal::Malformed { what: "the form has more than 50,000 pairs" });
    }
    let (mut object, mut names) = (Value::Object(Map::new()), HashSet::new());
    let mut elements = HashMap::new();
    for (name, value) in form::pairs(text) {
        let (name, value) = (form::decoded(name)?, form::decoded(value)?);
        let path = path(&name);
        let unlabeled = path.iter().map(|part| if is_label(part) { "" } else { part });
        names.insert(unlabeled.collect::<Vec<_>>().join("["));
        if names.len() > MOST_NAMES {
            return Err(Refusal::Malformed { what: "the form has more than 256 names" });
        }
        insert(&mut object, &path, value, &mut elements)?;
    }
    Ok(object.to_string())
}

/// The parts of a name such as `attributes[0][key]`. A name whose brackets do not match, or with
/// too many of them, is one part.
fn path(name: &str) -> Vec<&str> {
    let brackets = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let Some((first, brackets)) = brackets.filter(|(first, _)| !first.is_empty()) else {
        return vec![name];
    };
    let path: Vec<_> = [first].into_iter().chain(brackets.split("][")).collect();
    let is_built = path[1..].iter().all(|part| !part.contains(['[', ']']));
    if is_built && path.len() <= 1 + MOST_BRACKETS { path } else { vec![name] }
}

/// Whether a bracket contains the label of a list element rather than the key of a field.
fn is_label(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Inserts a value at its path. A place that is `null` has no value yet.
///
/// An element's index is a label: elements appear in the order in which their labels first occur,
/// and gaps allocate nothing. `elements` maps each labeled path to its position.
fn insert(
    object: &mut Value,
    path: &[&str],
    value: Cow<'_, str>,
    elements: &mut HashMap<String, usize>,
) -> Result<(), Refusal> {
    let mut place = object;
    for (depth, part) in path.iter().enumerate() {
        let is_element = depth > 0 && is_label(part);
        if place.is_null() {
            *place = if is_element { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        place = match place {
            Value::Object(members) if !is_element => members.entry(*part).or_insert(Value::Null),
            Value::Array(list) if is_element => {
                let (next, named) = (list.len(), path[..=depth].join("["));
                let index = match *part {
                    // Pairs without a label fill one element until a name repeats, unless other
                    // pairs of the list have labels.
                    "" if !elements.contains_key(&named)
                        && lacks(list.last(), path.get(depth + 1)) =>
                    {
                        next - 1
                    }
                    "" => next,
                    label => {
                        elements.insert(named[..named.len() - label.len()].to_owned(), 0);
                        *elements.entry(named).or_insert(next)
                    }
                };
                if index == next {
                    list.push(Value::Null);
                }
                &mut list[index]
            }
            // Two readers could interpret such a form differently.
            _ => return Err(Refusal::DuplicateParameter),
        };
    }
    match place.is_null() {
        true => *place = value.into_owned().into(),
        false => return Err(Refusal::DuplicateParameter),
    }
    Ok(())
}

/// Whether an element is an object without a field of this name.
fn lacks(element: Option<&Value>, name: Option<&&str>) -> bool {
    let (Some(Value::Object(members)), Some(name)) = (element, name) else { return false };
    !is_label(name) && !members.contains_key(*name)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::Body;
    use crate::{Delivery, Refusal, request::delivery::EMPTY};

    fn to_json(body: &[u8]) -> Result<Cow<'_, str>, Refusal> {
        let body = Body::read(Delivery::new(body))?;
        body.credentials()?;
        body.into_json()
    }

    #[track_caller]
    fn becomes(body: &str, json: &str) {
        assert_eq!(to_json(body.as_bytes()).as_deref(), Ok(json), "{body}");
    }

    #[test]
    fn json_is_taken_as_it_is() {
        let json = r#"{"room_id":"a%20b+c&d=e"}"#;
        becomes(json, json);
        becomes(&format!("\u{feff} \r\n\t{json}\n"), json);
    }

    #[test]
    fn percent_encoded_json_is_decoded_once() {
        becomes("%7B%22id%22%3A%22a%2520b%22%7D", r#"{"id":"a%20b"}"#);
        becomes("%7b%22id%22%3a%22a%2520b%22%7d", r#"{"id":"a%20b"}"#);
        becomes("%7B%22id%22%3A%22%E6%88%BF%22%7D=", r#"{"id":"房"}"#);
    }

    #[test]
    fn a_plus_sign_is_a_space_unless_the_encoder_leaves_it_bare() {
        becomes("%7B%22id%22%3A%22a+b%2Bc%20d%22%7D", r#"{"id":"a b+c d"}"#);
        becomes("%7B%22id%22:%22a+b%2Bc%20d%22%7D", r#"{"id":"a+b+c d"}"#);
    }

    #[test]
    fn a_form_becomes_an_object_of_strings_and_lists() {
        let form = b"event=room_exit&room_id=a+b%2Bc%26d&ids[]=1&ids%5B%5D=2&appid=1";
        let object: serde_json::Value = serde_json::from_str(&to_json(form).unwrap()).unwrap();
        let (event, room_id, ids) = ("room_exit", "a b+c&d", ["1", "2"]);
        let expected =
            serde_json::json!({"event": event, "room_id": room_id, "ids": ids, "appid": "1"});
        assert_eq!(object, expected);
    }

    #[test]
    fn labels_or_a_repeated_name_separate_elements() {
        for (pairs, list) in [
            ("a[][x]=1&a[][y]=2&a[][x]=3", r#"[{"x":"1","y":"2"},{"x":"3"}]"#),
            ("a[7][x]=1&a[3][x]=2&a[7][y]=3", r#"[{"x":"1","y":"3"},{"x":"2"}]"#),
            ("a[0][x]=1&a[][y]=2", r#"[{"x":"1"},{"y":"2"}]"#),
            ("a[]=1&a[]=1", r#"["1","1"]"#),
            ("a[00]=1&a[0]=2", r#"["1","2"]"#),
        ] {
            let form = format!("{pairs}&event=x");
            becomes(&form, &format!(r#"{{"a":{list},"event":"x"}}"#));
        }
    }

    #[test]
    fn a_name_counts_once() {
        for body in ["event=a&event=b", "event=a&x=1&x[]=2", "event=a&x[]=1&x=2"] {
            assert_eq!(to_json(body.as_bytes()), Err(Refusal::DuplicateParameter), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_not_a_callback_is_malformed() {
        for body in [
            &b""[..],
            b" \n",
            b"\xff\xfe",
            b"\xff\xfe{\0}\0",
            b"%7B%FF%7D",
            b"event=x&room_id=%FF%FE",
            b"[]",
            b"null",
            b"42",
            b"hello",
            b"a=b",
            b"<xml/>",
            b"\0",
        ] {
            assert!(matches!(to_json(body), Err(Refusal::Malformed { .. })), "{body:?}");
        }
        assert_eq!(to_json(b" \n"), Err(EMPTY), "not a form without an event");
    }
}
