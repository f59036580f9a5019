use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    Refusal,
    event::{scanner::Scanner, surrogates},
};

/// The members that together let whoever reads them sign any other body.
const SIGNING_MEMBERS: [&str; 2] = ["nonce", "signature"];

/// The JSON document that a callback carried, whole, with every member that no type names.
///
/// A body that arrived percent-encoded or as a form is here as the JSON that it stands for. The text
/// is that of the wire, ZEGO's signature included, so keep [`as_str`](Self::as_str) out of logs.
/// [`Serialize`] leaves `nonce` and `signature` out, and `Debug` shows the size only. Cheap to clone.
///
/// One thing is changed: an escape that stands for half a character, as `"\ud83d"` does, is replaced by
/// `\ufffd`, since no string of Rust's could hold it. [`is_repaired`](Self::is_repaired) tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    json: Arc<str>,
    is_repaired: bool,
}

/// JSON text in which each escape stands for a character.
pub(crate) struct Json<'a> {
    text: Cow<'a, str>,
    is_repaired: bool,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        match surrogates::repaired(&text) {
            Some(repaired) => Self { text: repaired.into(), is_repaired: true },
            None => Self { text, is_repaired: false },
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl Document {
    pub(crate) fn new(json: &Json<'_>) -> Self {
        if json.is_repaired {
            tracing::debug!("half a surrogate pair was replaced by U+FFFD");
        }
        Self { json: json.as_str().into(), is_repaired: json.is_repaired }
    }

    /// The object `json` with a member put in front, in place of one of this name that is `null`.
    pub(crate) fn with_member(name: &str, value: &str, json: &Json<'_>) -> Self {
        let mut text = format!(r#"{{"{name}":{}"#, serde_json::Value::from(value));
        Scanner::new(json.as_str()).object(|scanner, other| {
            let value = scanner.value()?;
            if other.position_in(&[name]).is_none() {
                text += &format!(r#","{}":{}"#, other.as_written(), value.get());
            }
            Some(())
        });
        Self::new(&Json { text: (text + "}").into(), is_repaired: json.is_repaired })
    }

    /// The document's text, signature included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// Whether the text differs from the wire's: half a surrogate pair was replaced by U+FFFD.
    ///
    /// A room's name that was cut in the middle of an emoji comes so. JSON in a string of the document is
    /// repaired when it is read, and does not count here.
    #[must_use]
    pub fn is_repaired(&self) -> bool {
        self.is_repaired
    }

    /// Reads the document as a type of your own, for members and events that this crate has no type
    /// for.
    ///
    /// # Errors
    ///
    /// The document has not the shape that `T` asks for.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.json)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.json.len())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let compact = compact(&self.json);
        let mut members: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(&compact).map_err(S::Error::custom)?;
        for name in SIGNING_MEMBERS {
            members.remove(name);
        }
        members.serialize(serializer)
    }
}

/// JSON without the white space between its parts, so that a document is one line wherever it is
/// written.
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

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::new(&Json::new(json.get())))
    }
}

/// The text of a body, without a byte order mark and the white space around it.
pub(crate) fn text_of(body: &[u8]) -> Result<&str, Refusal> {
    let text =
        str::from_utf8(body).map_err(|_| Refusal::Malformed { what: "the body is not UTF-8" })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    if text.starts_with('\u{feff}') {
        return Err(Refusal::Malformed { what: "the body begins with two byte order marks" });
    }
    Ok(text)
}

/// The refusal of an empty body, where no sender sends one. Over HTTP/2, or after an extractor that left
/// nothing behind, it cannot be told from one that was consumed.
pub(crate) const EMPTY: Refusal = Refusal::Malformed {
    what: "the body is empty, or a middleware or extractor consumed it before it could be verified",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &str) -> Document {
        Document::new(&Json::new(json))
    }

    #[test]
    fn a_document_tells_whether_it_was_repaired() {
        let repaired = document(r#"{"name":"\ud83d"}"#);
        assert_eq!((repaired.as_str(), repaired.is_repaired()), (r#"{"name":"\ufffd"}"#, true));
        let repaired = Document::with_member("a", "b", &Json::new(r#"{"name":"\ud83d"}"#));
        assert!(repaired.is_repaired());
        let null = Document::with_member("a", "b", &Json::new(r#"{"c":1.50,"a":null}"#));
        assert_eq!(null.as_str(), r#"{"a":"b","c":1.50}"#);
        for whole in [r#"{"name":"\ud83d\ude00"}"#, r#"{"name":"\ufffd"}"#] {
            let whole = document(whole);
            assert!(!whole.is_repaired());
        }
    }

    #[test]
    fn serialising_keeps_all_but_what_signs() {
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
