use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny, ser::Error as _};
use serde_json::value::RawValue;

use crate::Refusal;

/// The members that together let whoever reads them sign any other body.
const SIGNING_MEMBERS: [&str; 2] = ["nonce", "signature"];

/// The JSON document that a callback carried, whole, with every member that no type names.
///
/// A body that arrived percent-encoded or as a form is here as the JSON that it stands for. The text
/// is that of the wire, ZEGO's signature included, so keep [`as_str`](Self::as_str) out of logs.
/// [`Serialize`] leaves `nonce` and `signature` out, and `Debug` shows the size only. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(Arc<str>);

impl Document {
    pub(crate) fn new(json: &str) -> Self {
        Self(json.into())
    }

    /// The object `json` with a member put in front.
    pub(crate) fn with_member(name: &str, value: &str, json: &str) -> Self {
        let members = json.trim_start_matches('{').trim_start();
        let separator = if members.starts_with('}') { "" } else { "," };
        let value = serde_json::Value::from(value);
        Self(format!(r#"{{"{name}":{value}{separator}{members}"#).into())
    }

    /// Whether it is the object without members.
    pub(crate) fn is_empty(&self) -> bool {
        self.decode::<BTreeMap<Cow<'_, str>, IgnoredAny>>().is_ok_and(|members| members.is_empty())
    }

    /// The document's text, signature included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the document as a type of your own, for members and events that this crate has no type
    /// for.
    ///
    /// # Errors
    ///
    /// The document has not the shape that `T` asks for.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.0.len())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let compact = compact(&self.0);
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
        Ok(Self::new(json.get()))
    }
}

/// The text of a body, without a byte order mark and the white space around it.
pub(crate) fn text_of(body: &[u8]) -> Result<&str, Refusal> {
    let text =
        str::from_utf8(body).map_err(|_| Refusal::Malformed { what: "the body is not UTF-8" })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serialising_keeps_all_but_what_signs() {
        let document =
            Document::new(r#"{"z":18446744073709551615,"nonce":"1","signature":"s","a":[1.50]}"#);
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(json, r#"{"a":[1.50],"z":18446744073709551615}"#);
    }

    #[test]
    fn a_document_is_written_in_one_line() {
        let pretty = "{\n\t\"a\":\t[ 1.50,\r\n {} ],\n\"b \\\" c\": \"\\\\\",\"d\": \"e  f\"}";
        let json = serde_json::to_string(&Document::new(pretty)).unwrap();
        assert_eq!(json, r#"{"a":[1.50,{}],"b \" c":"\\","d":"e  f"}"#);
        let spaced = r#"{"a b":"c d"}"#;
        assert_eq!(serde_json::to_string(&Document::new(spaced)).unwrap(), spaced);
    }

    #[test]
    fn debug_output_shows_no_content() {
        assert_eq!(format!("{:?}", Document::new(r#"{"signature":"s"}"#)), "Document(17 bytes)");
    }
}
