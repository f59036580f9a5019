//! ZEGO's form mode: names and values in place of JSON.

use std::collections::{HashMap, HashSet};

use percent_encoding::percent_decode_str;
use serde::{Serialize, Serializer};

use crate::{Refusal, request::form};

use super::envelope::Claim;

/// How many different names a form may have, the elements of a list counted once.
const MOST_NAMES: usize = 256;

/// How many brackets a name may have; one with more is kept whole. ZEGO nests no deeper than objects in a list.
const MOST_BRACKETS: usize = 2;

/// How many pairs a form may have. A pair of few bytes costs many times that when it is built, and a room with as
/// many members fits.
const MOST_PAIRS: usize = 50_000;

/// Reads the pairs that decide who sent a form, and builds nothing: the sender is not known yet.
pub(super) fn claim(text: &str) -> Result<Claim<'_>, Refusal> {
    let mut found = [None; NAMES.len()];
    // Of a body of nothing but pairs, most are none of these.
    for (name, value) in form::pairs(text).filter(|(name, _)| name.len() >= "event".len()) {
        // An escape is three characters for one.
        let escapes = name.bytes().filter(|byte| *byte == b'%').count();
        let index = NAMES.iter().position(|known| match escapes {
            0 => *known == name,
            _ => {
                known.len() + 2 * escapes == name.len()
                    && percent_decode_str(name).eq(known.bytes())
            }
        });
        let before = index.and_then(|index| found[index].replace(value));
        if before.is_some() {
            return Err(Refusal::ParameterRepeated);
        }
    }
    let [event, app_id, timestamp, nonce, signature] =
        found.map(|value| value.map(form::decoded).transpose());
    if event?.is_none() {
        return Err(Refusal::Malformed { what: "the body is in no known encoding" });
    }
    Ok(Claim { app_id: app_id?, timestamp: timestamp?, nonce: nonce?, signature: signature? })
}

/// The names of the pairs that decide who sent a form, and that it is one.
const NAMES: [&str; 5] = ["event", "appid", "timestamp", "nonce", "signature"];

/// Writes a form as the JSON object that it stands for: each value a string, `name[]` and `name[0]` the
/// elements of a list, `name[key]` a member of an object.
///
/// The index of an element is a label. Elements are in the order in which their labels first appear, and
/// nothing is allocated for those in between.
pub(super) fn to_json(text: &str) -> Result<String, Refusal> {
    if form::pairs(text).nth(MOST_PAIRS).is_some() {
        return Err(Refusal::Malformed { what: "the form has more than 50,000 pairs" });
    }
    let (mut form, mut names, mut unlabeled) = (None, HashSet::new(), String::new());
    for (name, value) in form::pairs(text) {
        let (name, value) = (form::decoded(name)?, form::decoded(value)?);
        let path = path(&name);
        unlabeled.clear();
        path.iter().for_each(|part| unlabeled.extend(["[", part.as_name()]));
        if !names.contains(&unlabeled) {
            names.insert(unlabeled.clone());
        }
        if names.len() > MOST_NAMES {
            return Err(Refusal::Malformed { what: "the form has more than 256 names" });
        }
        insert(&mut form, &path, &value)?;
    }
    serde_json::to_string(&form)
        .map_err(|_| Refusal::Malformed { what: "the form cannot be written as JSON" })
}

/// A part of a name such as `attributes[0][key]`.
enum Part<'a> {
    Key(&'a str),
    /// The label of a list's element; an empty one stands for the next element.
    Label(&'a str),
}

impl<'a> Part<'a> {
    /// The part as it counts among the form's distinct names.
    fn as_name(&self) -> &'a str {
        match self {
            Self::Key(key) => key,
            Self::Label(_) => "",
        }
    }
}

/// The parts of a name; one that is not built of brackets, or of too many, is a single part.
fn path(name: &str) -> Vec<Part<'_>> {
    let whole = || vec![Part::Key(name)];
    let brackets = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let Some((first, brackets)) = brackets.filter(|(first, _)| !first.is_empty()) else {
        return whole();
    };
    let mut path = vec![Part::Key(first)];
    for part in brackets.split("][") {
        if path.len() > MOST_BRACKETS || part.contains(['[', ']']) {
            return whole();
        }
        let is_label = part.bytes().all(|byte| byte.is_ascii_digit());
        path.push(if is_label { Part::Label(part) } else { Part::Key(part) });
    }
    path
}

/// A value, a list or an object of a form. A place that is `None` is about to be filled.
#[derive(Serialize)]
#[serde(untagged)]
enum Node {
    Text(String),
    List(List),
    Object(Object),
}

/// Members by their names. A form has few names, so that looking through them costs little, and most objects are
/// small: a tree or table for each took a hundred times the room.
#[derive(Default)]
struct Object(Vec<(String, Option<Node>)>);

impl Object {
    fn place(&mut self, key: &str) -> &mut Option<Node> {
        let index = self.0.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            self.0.push((key.to_owned(), None));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    fn lacks(&self, key: &str) -> bool {
        self.0.iter().all(|(name, _)| name != key)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, node)| (name, node)))
    }
}

#[derive(Default, Serialize)]
#[serde(transparent)]
struct List {
    elements: Vec<Option<Node>>,
    #[serde(skip)]
    labels: HashMap<String, usize>,
}

/// Puts a value where its path leads, which is short.
fn insert(place: &mut Option<Node>, path: &[Part<'_>], value: &str) -> Result<(), Refusal> {
    let Some((part, path)) = path.split_first() else {
        let before = place.replace(Node::Text(value.to_owned()));
        return before.map_or(Ok(()), |_| Err(Refusal::ParameterRepeated));
    };
    let node = place.get_or_insert_with(|| match part {
        Part::Key(_) => Node::Object(Object::default()),
        Part::Label(_) => Node::List(List::default()),
    });
    match (part, node) {
        (Part::Key(key), Node::Object(members)) => insert(members.place(key), path, value),
        (Part::Label(label), Node::List(list)) => insert(list.place(label, path), path, value),
        // Two readers could take it for two things.
        _ => Err(Refusal::ParameterRepeated),
    }
}

impl List {
    /// The place for an element, of which a part with this path is known.
    fn place(&mut self, label: &str, path: &[Part<'_>]) -> &mut Option<Node> {
        let next = self.elements.len();
        let index = if !label.is_empty() {
            *self.labels.entry(label.to_owned()).or_insert(next)
        } else if self.last_lacks(path) {
            next - 1
        } else {
            next
        };
        if index == next {
            self.elements.push(None);
        }
        &mut self.elements[index]
    }

    /// Whether the last element is an object that the path continues. One without a label ends where a name is
    /// repeated.
    fn last_lacks(&self, path: &[Part<'_>]) -> bool {
        match (self.elements.last(), path.first()) {
            (Some(Some(Node::Object(members))), Some(Part::Key(key))) => {
                self.labels.is_empty() && members.lacks(key)
            }
            _ => false,
        }
    }
}
