use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::Error as _,
};
use serde_json::{Value, value::RawValue};

use crate::{
    Provider, Refusal,
    event::{spelling::is_spelling_of_one, surrogates},
};

/// The complete JSON document of a callback, including the fields that no type names.
///
/// A percent-encoded body or a form is converted to the JSON that it represents. The text includes
/// ZEGO's signature, so keep [`as_str`](Self::as_str) out of logs. [`Serialize`] omits the
/// signature's fields, and `Debug` shows only the size. Cloning is cheap.
///
/// The text is unchanged, with one exception: an escaped lone surrogate such as `"\ud83d"` is
/// replaced by `\ufffd`, because a Rust string cannot hold it. [`is_repaired`](Self::is_repaired)
/// reports whether this happened.
///
/// ```
/// use room_hooks::{Verified, zego};
///
/// #[derive(serde::Deserialize)]
/// struct Extra {
///     new_field: Option<String>,
/// }
///
/// fn handle(created: &Verified<zego::RoomCreated>) -> Result<(), serde_json::Error> {
///     let extra: Extra = created.document.decode()?;
///     println!("{:?}", extra.new_field);
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    json: Arc<str>,
    is_repaired: bool,
    /// Fields that are not serialized, because a reader could use them to sign another body.
    unserialized: &'static [&'static str],
}

impl Document {
    /// Creates a provider's document. The text need not be JSON: errors appear when it is read.
    pub(crate) fn new<P: Provider>(json: &str) -> Self {
        let repaired = surrogates::repaired(json);
        Self {
            is_repaired: repaired.is_some(),
            json: repaired.as_deref().unwrap_or(json).into(),
            unserialized: P::SIGNATURE,
        }
    }

    /// The document to store. It lacks the fields of the signature; all other fields are unchanged,
    /// even duplicates.
    pub(crate) fn without_signature(&self) -> Self {
        let mut json = String::with_capacity(self.json.len());
        let read = members(&self.json, |name, value| {
            if !is_spelling_of_one(&name, self.unserialized) {
                json += if json.is_empty() { "{" } else { "," };
                json += &format!("{}:{value}", Value::from(&*name));
            }
        });
        // A verified document is an object that names its event, so the second case does not occur.
        let json = match read {
            Ok(()) if !json.is_empty() => json + "}",
            _ => "{}".to_owned(),
        };
        Self { json: json.into(), unserialized: &[], ..self.clone() }
    }

    /// Writes the document as a string, which every format can hold.
    pub(crate) fn to_stored<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }

    /// Reads a stored document, which has no signature to hide.
    pub(crate) fn from_stored<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let json = RawValue::from_string(Deserialize::deserialize(deserializer)?);
        let json = json.map_err(serde::de::Error::custom)?;
        Ok(Self { json: json.get().into(), is_repaired: false, unserialized: &[] })
    }

    /// The same document, marked as repaired before it was stored.
    pub(crate) fn with_repaired(self, is_repaired: bool) -> Self {
        Self { is_repaired, ..self }
    }

    /// The same document with a field added in front, which replaces a field of this name that is
    /// `null`.
    pub(crate) fn with_member(&self, name: &str, value: &str) -> Result<Self, serde_json::Error> {
        let mut json = format!("{{{}:{}", Value::from(name), Value::from(value));
        members(&self.json, |other, value| {
            if other != name {
                json += &format!(",{}:{value}", Value::from(&*other));
            }
        })?;
        Ok(Self { json: (json + "}").into(), ..self.clone() })
    }

    /// The document's text, including the signature.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// Whether the text differs from the body: a lone surrogate was replaced by U+FFFD.
    ///
    /// A platform sends a lone surrogate when it cuts a room's name in the middle of an emoji. JSON
    /// inside a string of the document is repaired when it is read, and does not count here.
    #[must_use]
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// Reads the document as your own type, for fields and events that this crate has no type for.
    ///
    /// # Errors
    ///
    /// The document does not have the shape of `T`.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.json)
    }

    /// The JSON text of some top-level fields; `None` for a field that is absent or `null`.
    ///
    /// # Errors
    ///
    /// The document is not a JSON object, or contains one of the fields twice, so that two readers
    /// could disagree about its value.
    pub(crate) fn members<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<&str>; N], Refusal> {
        outermost(&self.json, |name| names.iter().position(|known| *known == name))
    }

    /// Like [`members`](Self::members), but `index` maps names to positions. Two names with the
    /// same position count as a duplicate.
    pub(crate) fn members_by<const N: usize>(
        &self,
        index: impl Fn(&str) -> Option<usize>,
    ) -> Result<[Option<&str>; N], Refusal> {
        outermost(&self.json, index)
    }

    /// The JSON text of the value at a path such as `RoomInfo.RoomId`, if each field on the path
    /// occurs exactly once.
    pub(crate) fn at(&self, path: &str) -> Option<&str> {
        // The path is short, so the cost does not depend on how deeply a sender nests values.
        path.split('.').try_fold(self.as_str(), |json, name| {
            let [value] = outermost(json, |other| (other == name).then_some(0)).ok()?;
            value
        })
    }
}

fn outermost<const N: usize>(
    json: &str,
    index: impl Fn(&str) -> Option<usize>,
) -> Result<[Option<&str>; N], Refusal> {
    let (mut values, mut is_repeated) = ([None; N], false);
    let read = members(json, |name, value| {
        if let Some(index) = index(&name) {
            is_repeated |= values[index].replace(value).is_some();
        }
    });
    match read {
        Err(_) => Err(MALFORMED),
        Ok(()) if is_repeated => Err(Refusal::DuplicateParameter),
        Ok(()) => Ok(values.map(|value| value.filter(|value| *value != "null"))),
    }
}

pub(crate) const MALFORMED: Refusal =
    Refusal::Malformed { what: "the body is not the JSON of a callback" };

/// Calls `member` with the name of each top-level field of a JSON object and the text of its value.
///
/// Use this function to inspect JSON without a type: `serde_json` skips each value without
/// recursion, however deeply it is nested.
pub(crate) fn members<'a>(
    json: &'a str,
    member: impl FnMut(Cow<'a, str>, &'a str),
) -> Result<(), serde_json::Error> {
    struct Members<F>(F);

    impl<'a, F: FnMut(Cow<'a, str>, &'a str)> Visitor<'a> for Members<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some((Text(name), value)) = map.next_entry::<_, &RawValue>()? {
                (self.0)(name, value.get());
            }
            Ok(())
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.deserialize_map(Members(member))?;
    deserializer.end()
}

/// The text of a JSON string; `None` for other JSON.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(json).ok().map(|Text(text)| text)
}

/// A string that is borrowed unless it contains escapes.
#[derive(Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.json.len())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = compact(&self.json);
        let mut members: BTreeMap<Text<'_>, &RawValue> =
            serde_json::from_str(&json).map_err(S::Error::custom)?;
        members.retain(|name, _| !is_spelling_of_one(&name.0, self.unserialized));
        members.serialize(serializer)
    }
}

/// Removes the white space between JSON tokens, so that a document is written as one line.
fn compact(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    let is_content = |character: &char| {
        let content = in_text || !character.is_ascii_whitespace();
        in_text ^= *character == '"' && !escaped;
        escaped = in_text && *character == '\\' && !escaped;
        content
    };
    json.chars().filter(is_content).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zego::Zego;

    fn document(json: &str) -> Document {
        Document::new::<Zego>(json)
    }

    #[test]
    fn a_document_reports_whether_a_lone_surrogate_was_repaired() {
        let repaired = document(r#"{"name":"\ud83d"}"#);
        assert_eq!((repaired.as_str(), repaired.is_repaired()), (r#"{"name":"\ufffd"}"#, true));
        let named = repaired.with_member("a", "b").unwrap();
        assert_eq!((named.as_str(), named.is_repaired()), (r#"{"a":"b","name":"\ufffd"}"#, true));
        for whole in [r#"{"name":"\ud83d\ude00"}"#, r#"{"name":"\ufffd"}"#] {
            assert!(!document(whole).is_repaired());
        }
    }

    #[test]
    fn an_added_member_replaces_a_null() {
        let document = document(r#"{"c":1.50,"a":null}"#).with_member("a", "\"b").unwrap();
        assert_eq!(document.as_str(), r#"{"a":"\"b","c":1.50}"#);
    }

    #[test]
    fn members_are_found_wherever_they_are() {
        for (json, a, b) in [
            ("{}", None, None),
            (r#"{"a":1}"#, Some("1"), None),
            (
                " {\n\t\"b\" : \"x\\\"}\" , \"a\":\r[1,{\"a\":2}] } ",
                Some(r#"[1,{"a":2}]"#),
                Some(r#""x\"}""#),
            ),
            (r#"{"\u0061":true,"c":{"b":"}"},"b":null}"#, Some("true"), None),
            (r#"{"c":"\\","b":-1.5e3}"#, None, Some("-1.5e3")),
        ] {
            assert_eq!(document(json).members(["a", "b"]), Ok([a, b]), "{json}");
        }
        for other in [r"n_1\u0031", r"\u006e_", r"\ud83d", r"\n_1", r"\u006E_1 "] {
            let document = document(&format!(r#"{{"{other}":1}}"#));
            assert_eq!(document.members(["n_1"]), Ok([None]), "{other}");
        }
    }

    #[test]
    fn a_duplicate_member_is_refused_as_a_duplicate() {
        for json in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, r#"{"a":null,"b":{},"a":1}"#] {
            assert_eq!(document(json).members(["a"]), Err(Refusal::DuplicateParameter), "{json}");
            assert!(document(json).members(["b"]).is_ok(), "{json}");
        }
    }

    #[test]
    fn anything_but_a_json_object_is_malformed() {
        for json in [
            "",
            "{",
            "}",
            "[]",
            "null",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1 2}"#,
            r#"{"a":[1}"#,
            r#"{"a":"x}"#,
            r#"{"a":"x\"}"#,
            r#"{a:1}"#,
            r#"{"a":1}}"#,
            r#"{"a":]}"#,
            r#"{"c":[1,]}"#,
            r#"{"c":01}"#,
            "{\"c\":\"\t\"}",
        ] {
            assert_eq!(document(json).members(["a"]), Err(MALFORMED), "{json}");
        }
    }

    #[test]
    fn nesting_causes_no_stack_overflow() {
        let deep = format!(r#"{{"c":{}{},"a":7}}"#, "[".repeat(500_000), "]".repeat(500_000));
        assert_eq!(document(&deep).members(["a"]), Ok([Some("7")]));
    }

    #[test]
    fn a_path_leads_through_objects_only() {
        let document = document(r#"{"a":{"b":{"c":7}},"d":[{"c":1}],"e":null}"#);
        for (path, value) in [
            ("a.b.c", Some("7")),
            ("a.b", Some(r#"{"c":7}"#)),
            ("a.c", None),
            ("d.c", None),
            ("e", None),
            ("a.b.c.d", None),
        ] {
            assert_eq!(document.at(path), value, "{path}");
        }
    }

    #[test]
    fn a_duplicate_member_on_a_path_counts_as_absent() {
        for json in [r#"{"a":{"b":1},"a":{"b":1}}"#, r#"{"a":{"b":1,"b":1}}"#] {
            assert_eq!(document(json).at("a.b"), None, "{json}");
        }
    }

    #[test]
    fn serializing_omits_only_the_signature() {
        let document =
            document(r#"{"z":18446744073709551615,"nonce":"1","signature":"s","a":[1.50]}"#);
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(json, r#"{"a":[1.50],"z":18446744073709551615}"#);
    }

    #[test]
    fn a_document_is_written_in_one_line() {
        let pretty = "{\n\t\"a\":\t[ 1.50,\r\n {} ],\n\"b \\\" c\": \"\\\\\",\"d\": \"e  f\"}";
        let json = serde_json::to_string(&document(pretty)).unwrap();
        assert_eq!(json, r#"{"a":[1.50,{}],"b \" c":"\\","d":"e  f"}"#);
        let spaced = r#"{"a b":"c d"}"#;
        assert_eq!(serde_json::to_string(&document(spaced)).unwrap(), spaced);
    }

    #[test]
    fn debug_output_shows_no_content() {
        assert_eq!(format!("{:?}", document(r#"{"signature":"s"}"#)), "Document(17 bytes)");
    }
}
