use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A JSON object's members in their order, the same name as often as it is there.
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Reads text that is an object and nothing else; a byte order mark and white space do not count.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_str(text_of(body)?).ok()
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, Box<RawValue>)> {
        self.0.into_iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member of a name that must not be there twice; nothing in it is nothing there.
    pub(super) fn once(&self, name: &str) -> Option<Option<&str>> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        let first = found.next().map(|(_, value)| value.get());
        found.next().is_none().then_some(first.filter(|value| *value != "null"))
    }

    /// The text of such a member if it is a string or a number.
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

pub(super) fn text_of(body: &[u8]) -> Option<&str> {
    let text = str::from_utf8(body).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii())
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
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
