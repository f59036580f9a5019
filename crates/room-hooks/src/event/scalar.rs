use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Unexpected, Visitor},
};

use crate::event::excerpt::excerpt;

/// A JSON string, integer or bool, borrowed from the document where it can be.
///
/// No member of any provider's has a fraction or an exponent.
#[derive(Debug)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Negative(i64),
    Integer(u64),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    pub(crate) fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Negative(number) => Unexpected::Signed(*number),
            Self::Integer(number) => Unexpected::Unsigned(*number),
            Self::Text(text) => Unexpected::Str(excerpt(text)),
        }
    }

    /// The text, or an integer's digits.
    pub(crate) fn text<E: serde::de::Error>(self) -> Result<Cow<'a, str>, E> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Integer(number) => Ok(number.to_string().into()),
            other => Err(E::invalid_type(other.unexpected(), &"a string or an integer")),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer or a bool")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(value).map_or(Scalar::Negative(value), Scalar::Integer))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(value.to_owned().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_scalar_is_told_what_is_expected() {
        let error = serde_json::from_str::<Scalar<'_>>("[]").unwrap_err().to_string();
        assert!(error.contains("expected a string, an integer or a bool"), "{error}");
    }
}
