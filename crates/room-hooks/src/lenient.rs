//! Scalars as the providers send them: a number may be a string, a bool may be `"false"` or `1`.
//!
//! What is not there, what is `null` and, where no text is asked for, what is empty are the same.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::value::RawValue;

/// A JSON string, integer or bool, borrowed from the document where it can be.
///
/// No field of either provider has a fraction or an exponent.
#[derive(Debug)]
enum Scalar<'a> {
    Bool(bool),
    Negative(i64),
    Integer(u64),
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Negative(number) => Unexpected::Signed(*number),
            Self::Integer(number) => Unexpected::Unsigned(*number),
            Self::Text(text) => Unexpected::Str(text),
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

/// A string, borrowed where it can be.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A string or a number as the very text that arrived, for what is signed; or nothing.
pub(crate) fn text_on_wire<'de, D>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)? else {
        return Ok(None);
    };
    match raw.get().as_bytes() {
        [b'"', ..] => {
            let Text(text) = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
            Ok(Some(text))
        }
        [b'-' | b'0'..=b'9', ..] => Ok(Some(raw.get().into())),
        _ => Err(D::Error::custom("expected a string or a number")),
    }
}

/// A string, or an integer as its digits.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text_of(Scalar::deserialize(deserializer)?)
}

/// As [`text`], or nothing.
pub(crate) fn optional_text<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Option::<Scalar<'_>>::deserialize(deserializer)?.map(text_of).transpose()
}

/// A member of one of the wire's enumerations, or nothing.
pub(crate) fn optional_name<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    let name = optional_text(deserializer)?.filter(|name| !name.is_empty());
    Ok(name.map(T::from))
}

/// An integer that is not negative, or its digits in a string, or nothing.
pub(crate) fn optional_integer<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: Deserializer<'de>,
{
    match Option::<Scalar<'_>>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Scalar::Integer(number)) => Ok(Some(number)),
        Some(Scalar::Text(text)) if text.is_empty() => Ok(None),
        Some(Scalar::Text(text)) => {
            let number = text.parse();
            number.map(Some).map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"digits"))
        }
        Some(other) => Err(D::Error::invalid_type(other.unexpected(), &"an integer")),
    }
}

/// A bool, `"true"` or `"false"` in any case, `0` or `1` as number or string, or nothing.
pub(crate) fn optional_bool<'de, D>(deserializer: D) -> Result<Option<bool>, D::Error>
where
    D: Deserializer<'de>,
{
    match Option::<Scalar<'_>>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Scalar::Bool(value)) => Ok(Some(value)),
        Some(Scalar::Integer(number @ (0 | 1))) => Ok(Some(number == 1)),
        Some(Scalar::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "0" | "false" => Ok(Some(false)),
            "1" | "true" => Ok(Some(true)),
            _ => Err(D::Error::invalid_value(Unexpected::Str(&text), &"a bool")),
        },
        Some(other) => Err(D::Error::invalid_type(other.unexpected(), &"a bool")),
    }
}

/// A list of objects, or nothing. In a form, which knows strings only, the list or each of its
/// members is JSON in a string.
pub(crate) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Option::<Nested<Vec<Nested<T>>>>::deserialize(deserializer)? {
        None => Ok(Vec::new()),
        Some(Nested(members)) => Ok(members.into_iter().map(|Nested(member)| member).collect()),
    }
}

/// A list or an object, as it is or as JSON in a string.
struct Nested<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor(PhantomData)).map(Self)
    }
}

struct NestedVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for NestedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_str<E: de::Error>(self, json: &str) -> Result<T, E> {
        serde_json::from_str(json).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

fn text_of<E: de::Error>(scalar: Scalar<'_>) -> Result<String, E> {
    match scalar {
        Scalar::Text(text) => Ok(text.into_owned()),
        Scalar::Integer(number) => Ok(number.to_string()),
        other => Err(E::invalid_type(other.unexpected(), &"a string or an integer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Fields {
        #[serde(default, deserialize_with = "optional_text")]
        id: Option<String>,
        #[serde(default, deserialize_with = "optional_integer")]
        count: Option<u64>,
        #[serde(default, deserialize_with = "optional_bool")]
        muted: Option<bool>,
    }

    fn read(json: &str) -> Option<Fields> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_string_and_a_number_of_the_same_digits_are_the_same() {
        for json in [
            r#"{"id":18446744073709551615,"count":18446744073709551615,"muted":true}"#,
            r#"{"id":"18446744073709551615","count":"18446744073709551615","muted":"True"}"#,
        ] {
            let Fields { id, count, muted } = read(json).unwrap();
            assert_eq!(id.as_deref(), Some("18446744073709551615"));
            assert_eq!((count, muted), (Some(u64::MAX), Some(true)));
        }
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        for json in
            [r"{}", r#"{"id":null,"count":null,"muted":null}"#, r#"{"count":"","muted":""}"#]
        {
            assert_eq!(read(json), Some(Fields::default()), "{json}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for json in [
            r#"{"id":1.5}"#,
            r#"{"id":18446744073709551616}"#,
            r#"{"id":["a"]}"#,
            r#"{"count":-1}"#,
            r#"{"count":"many"}"#,
            r#"{"count":true}"#,
            r#"{"muted":2}"#,
            r#"{"muted":"perhaps"}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn a_list_may_be_json_in_a_string_and_so_may_its_members() {
        #[derive(Deserialize)]
        struct Lists {
            #[serde(default, deserialize_with = "objects")]
            list: Vec<Fields>,
        }
        for (json, members) in [
            (r#"{"list":[{"count":1},{"count":2}]}"#, 2),
            (r#"{"list":"[{\"count\":1}]"}"#, 1),
            (r#"{"list":["{\"count\":1}"]}"#, 1),
            (r#"{"list":null}"#, 0),
            (r#"{}"#, 0),
        ] {
            assert_eq!(serde_json::from_str::<Lists>(json).unwrap().list.len(), members, "{json}");
        }
    }
}
