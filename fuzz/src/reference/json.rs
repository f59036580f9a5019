use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// A JSON object's members in order, including duplicates, each with the text of its value.
#[derive(Debug, Clone)]
pub(crate) struct Members(Vec<(String, String)>);

impl Members {
    /// Reads text that must be a single object. Values are kept as they are; names are read as if
    /// [`repaired`].
    pub(crate) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }

    /// Whether both have the same names and values, in any order.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |members: &Self| {
            let mut members = members.0.clone();
            members.sort_by(|(name, _), (other, _)| name.cmp(other));
            members
        };
        let value = |json: &str| serde_json::from_str::<Value>(json).ok();
        let is_same = |one: &str, other: &str| {
            one == other || value(one).is_some_and(|one| value(other) == Some(one))
        };
        let (one, other) = (sorted(self), sorted(other));
        one.len() == other.len()
            && one.iter().zip(&other).all(|((name, value), (other_name, other_value))| {
                name == other_name && is_same(value, other_value)
            })
    }

    /// Replaces the values with [`repaired`] ones.
    pub(super) fn repaired(self) -> Self {
        Self(self.0.into_iter().map(|(name, value)| (name, repaired(&value))).collect())
    }

    /// Renames the members.
    pub(super) fn renamed(self, rename: impl Fn(String) -> String) -> Self {
        Self(self.0.into_iter().map(|(name, value)| (rename(name), value)).collect())
    }

    /// Sets the member `name` to a text.
    pub(super) fn with(mut self, name: &str, text: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.to_owned(), Value::from(text).to_string()));
        self
    }

    /// The value of the member `name`, or `None` if it is a duplicate. Null counts as missing.
    pub(super) fn once(&self, name: &str) -> Option<Option<&str>> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        let first = found.next().map(|(_, value)| value.as_str());
        found.next().is_none().then_some(first.filter(|value| *value != "null"))
    }

    /// The text of such a member, which must be a string or a number.
    pub(super) fn text(&self, name: &str) -> Option<Option<String>> {
        match self.once(name)? {
            None => Some(None),
            Some(number)
                if number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) =>
            {
                Some(Some(number.to_owned()))
            }
            Some(value) => Some(Some(serde_json::from_str(value).ok()?)),
        }
    }

    /// The text of such a member, which must be a string.
    pub(super) fn string(&self, name: &str) -> Option<Option<String>> {
        self.once(name)?
            .map(|value| serde_json::from_str(value).ok())
            .map_or(Some(None), |text| text.map(Some))
    }
}

/// The text of a body, without a leading byte order mark and surrounding white space. A second mark
/// is refused.
pub(crate) fn text_of(body: &[u8]) -> Option<&str> {
    let text = str::from_utf8(body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    (!text.starts_with('\u{feff}')).then_some(text)
}

/// JSON with U+FFFD in place of each escaped lone surrogate.
pub(crate) fn repaired(json: &str) -> String {
    let pieces = pieces(json);
    let mut repaired = String::new();
    for run in pieces.chunk_by(|one, next| unit(one).is_some() && unit(next).is_some()) {
        let mut run = run.iter().copied();
        let units: Vec<u16> = run.clone().filter_map(unit).collect();
        for character in char::decode_utf16(units) {
            match character {
                Ok(character) => repaired.extend(run.by_ref().take(character.len_utf16())),
                Err(_) => {
                    run.next();
                    repaired += r"\ufffd";
                }
            }
        }
        // A piece that is not a UTF-16 unit.
        repaired.extend(run);
    }
    repaired
}

/// The escapes of a text and the characters between them.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while let Some(first) = text.chars().next() {
        let length = match text.as_bytes() {
            [b'\\', b'u', ..] => 6,
            [b'\\', b' '..=b'~', ..] => 2,
            _ => first.len_utf8(),
        };
        // A truncated escape is not valid JSON, and is refused later.
        let (piece, rest) = text.split_at_checked(length).unwrap_or((text, ""));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

/// The UTF-16 unit that an escape stands for.
fn unit(piece: &str) -> Option<u16> {
    let digits = piece.strip_prefix(r"\u")?;
    let is_hex = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Box<RawValue>, Box<RawValue>>()? {
                    let name = serde_json::from_str(&repaired(name.get()));
                    members.push((name.map_err(A::Error::custom)?, value.get().to_owned()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
