//! ZEGO's form mode: the names of the pairs say where in an object their values belong.
//!
//! The core inserts one pair after the other. This implementation groups the pairs by the first
//! parts of their names, then each group by the next parts.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode;
use serde_json::Value;

const MOST_NAMES: usize = 256;
const MOST_BRACKETS: usize = 2;
const MOST_PAIRS: usize = 50_000;

/// A part of a name such as `users[0][id]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Key(String),
    /// Identifies an element of a list; may be empty.
    Label(String),
}

/// The remaining parts of a name, and the value.
type Pair<'a> = (&'a [Part], &'a str);

/// Reads a form as an object. Refuses a form that could be read in two ways.
pub(super) fn read(text: &str) -> Option<Value> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs: Vec<(Vec<Part>, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((parts(&decoded(name, " ")?), decoded(value, " ")?))
        })
        .collect::<Option<_>>()?;
    let names: BTreeSet<Vec<Part>> = pairs.iter().map(|(name, _)| unlabeled(name)).collect();
    if pairs.len() > MOST_PAIRS || names.len() > MOST_NAMES {
        return None;
    }
    value(pairs.iter().map(|(name, value)| (name.as_slice(), value.as_str())).collect())
}

/// Percent-decodes a text, after replacing each plus sign with `plus`.
pub(super) fn decoded(text: &str, plus: &str) -> Option<String> {
    let text = text.replace('+', plus);
    Some(percent_decode(text.as_bytes()).decode_utf8().ok()?.into_owned())
}

/// The parts of a name. A name with too many or unmatched brackets is a single part.
fn parts(name: &str) -> Vec<Part> {
    bracketed(name).unwrap_or_else(|| vec![Part::Key(name.to_owned())])
}

fn bracketed(name: &str) -> Option<Vec<Part>> {
    let (first, mut rest) = name.split_at(name.find('[')?);
    let mut parts = vec![Part::Key(first.to_owned())];
    while let Some(inside) = rest.strip_prefix('[') {
        let (part, behind) = inside.split_once(']')?;
        if part.contains('[') {
            return None;
        }
        let is_label = part.chars().all(|character| character.is_ascii_digit());
        parts.push(if is_label {
            Part::Label(part.to_owned())
        } else {
            Part::Key(part.to_owned())
        });
        rest = behind;
    }
    let is_short = parts.len() <= 1 + MOST_BRACKETS;
    (is_short && rest.is_empty() && !first.is_empty()).then_some(parts)
}

/// A name with empty labels, so that all elements of a list have the same name.
fn unlabeled(name: &[Part]) -> Vec<Part> {
    let parts = name.iter().map(|part| match part {
        Part::Key(key) => Part::Key(key.clone()),
        Part::Label(_) => Part::Label(String::new()),
    });
    parts.collect()
}

/// The value that some pairs make up: one text, an object or a list.
fn value(pairs: Vec<Pair<'_>>) -> Option<Value> {
    if let [([], text)] = pairs[..] {
        return Some(text.into());
    }
    let (mut keys, mut labels) = (Vec::new(), Vec::new());
    for (name, value) in pairs {
        match name.split_first()? {
            (Part::Key(key), rest) => keys.push((key.as_str(), (rest, value))),
            (Part::Label(label), rest) => labels.push((label.as_str(), (rest, value))),
        }
    }
    match (keys.is_empty(), labels.is_empty()) {
        (_, true) => object(keys),
        (true, false) => list(labels),
        (false, false) => None,
    }
}

fn object(pairs: Vec<(&str, Pair<'_>)>) -> Option<Value> {
    let mut members = BTreeMap::<&str, Vec<Pair<'_>>>::new();
    for (key, pair) in pairs {
        members.entry(key).or_default().push(pair);
    }
    members.into_iter().map(|(key, pairs)| Some((key.to_owned(), value(pairs)?))).collect()
}

fn list(pairs: Vec<(&str, Pair<'_>)>) -> Option<Value> {
    let mut elements = Vec::<(&str, Vec<Pair<'_>>)>::new();
    let mut has_labels = false;
    for (label, pair) in pairs {
        has_labels |= !label.is_empty();
        let place = match label {
            "" => elements.last_mut().filter(|(_, last)| !has_labels && goes_on(last, pair)),
            _ => elements.iter_mut().find(|(other, _)| *other == label),
        };
        match place {
            Some((_, element)) => element.push(pair),
            None => elements.push((label, vec![pair])),
        }
    }
    elements.into_iter().map(|(_, pairs)| value(pairs)).collect()
}

/// Whether a pair belongs to the same element as the previous pairs: an object without its key.
fn goes_on(element: &[Pair<'_>], (name, _): Pair<'_>) -> bool {
    let is_key = |part: Option<&Part>| matches!(part, Some(Part::Key(_)));
    is_key(name.first())
        && element.iter().all(|(other, _)| is_key(other.first()) && other.first() != name.first())
}
