use clap::ValueEnum;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::Error;

/// The encoding of a ZEGO body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// Plain JSON
    #[default]
    Json,
    /// Percent-encoded JSON
    Percent,
    /// A form, in which every value is a string
    Form,
}

impl Encoding {
    /// Detects the encoding of a body.
    pub(crate) fn of(body: &[u8]) -> Self {
        match body.trim_ascii_start().first() {
            Some(b'%') => Self::Percent,
            Some(b'{') | None => Self::Json,
            Some(_) => Self::Form,
        }
    }

    /// Encodes a JSON body.
    pub(crate) fn apply(self, json: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Json => Ok(json),
            Self::Percent => {
                Ok(utf8_percent_encode(str::from_utf8(&json)?, NON_ALPHANUMERIC).to_string().into())
            }
            Self::Form => {
                let members: serde_json::Map<String, Value> = serde_json::from_slice(&json)?;
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in &members {
                    match value {
                        Value::Array(values) => form.extend_pairs(
                            values.iter().map(|value| (format!("{name}[]"), text(value))),
                        ),
                        value => form.append_pair(name, &text(value)),
                    };
                }
                Ok(form.finish().into_bytes())
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
