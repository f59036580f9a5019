//! ZEGO's form mode: names and values in place of JSON.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::{Map, Value};

use crate::{Refusal, request::form};

use super::envelope::{Credentials, DECIDING, deciding};

/// How many different names a form may have, the elements of a list counted once.
const MOST_NAMES: usize = 256;

/// How many brackets a name may have; one with more is kept whole. ZEGO nests no deeper than objects in a list.
const MOST_BRACKETS: usize = 2;

/// How many pairs a form may have. A pair of few bytes costs many times that when it is built, and a room with as
/// many members fits.
const MOST_PAIRS: usize = 50_000;

/// Reads the pairs that decide who sent a form, and builds nothing: the sender is not known yet.
pub(super) fn credentials(text: &str) -> Result<Credentials<'_>, Refusal> {
    /// More than the longest name takes if each of its characters is escaped.
    const MOST: usize = 64;
    let mut found = [None; DECIDING];
    for (name, value) in form::pairs(text).filter(|(name, _)| name.len() <= MOST) {
        let index = match name.contains('%') {
            true => deciding(&form::decoded(name).unwrap_or_default()),
            false => deciding(name),
        };
        let before = index.and_then(|index| found[index].replace(value));
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

/// Writes a form as the JSON object that it stands for: each value a string, `name[]` and `name[0]` the
/// elements of a list, `name[key]` a member of an object.
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

/// The parts of a name such as `attributes[0][key]`; of one that is not built of brackets, or of too many, the
/// whole.
fn path(name: &str) -> Vec<&str> {
    let brackets = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let Some((first, brackets)) = brackets.filter(|(first, _)| !first.is_empty()) else {
        return vec![name];
    };
    let path: Vec<_> = [first].into_iter().chain(brackets.split("][")).collect();
    let is_built = path[1..].iter().all(|part| !part.contains(['[', ']']));
    if is_built && path.len() <= 1 + MOST_BRACKETS { path } else { vec![name] }
}

/// Whether a bracket holds the label of a list's element and not the key of a member.
fn is_label(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Puts a value where its path leads. A place that is `null` is about to be filled.
///
/// The index of an element is a label. Elements are in the order in which their labels first appear, and
/// nothing is allocated for those in between; `elements` has the place of each, by what leads to it.
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
                    // Pairs without a label fill one element until a name repeats, unless others have labels.
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
            // Two readers could take it for two things.
            _ => return Err(Refusal::DuplicateParameter),
        };
    }
    match place.is_null() {
        true => *place = value.into_owned().into(),
        false => return Err(Refusal::DuplicateParameter),
    }
    Ok(())
}

/// Whether an element is an object without a member of this name.
fn lacks(element: Option<&Value>, name: Option<&&str>) -> bool {
    let (Some(Value::Object(members)), Some(name)) = (element, name) else { return false };
    !is_label(name) && !members.contains_key(*name)
}
