//! Values as the providers send them: a number may be a string, a bool may be `"false"` or `1`, and
//! in a form, where every value is a string, a list or an object is JSON in a string.
//!
//! An absent value and `null` mean the same, and so does an empty string, unless a string is
//! expected.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, Error, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Number, Value};

use crate::event::{excerpt, surrogates};

/// A type that accepts its values in every form that a provider sends. `wire_struct!` reads every
/// field this way.
pub(crate) trait Lenient: Sized {
    /// Reads a value; `None` if the value is absent, `null` or empty.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

/// Reads an optional field.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    T::read(deserializer)
}

/// Reads a field that has its type's default, such as an empty list, if it is absent.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient + Default,
{
    T::read(deserializer).map(Option::unwrap_or_default)
}

/// Reads a required field. If it is absent, the event does not have its expected shape.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    T::read(deserializer)?.ok_or_else(|| D::Error::custom("expected a value, found nothing"))
}

/// A string, or an integer as its digits.
impl Lenient for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Option::deserialize(deserializer)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(other) => Err(unexpected(&other, "a string or an integer")),
        }
    }
}

/// A non-negative integer, or its digits in a string.
impl Lenient for u64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        number(deserializer, "an integer", Number::as_u64)
    }
}

/// An integer, or its digits in a string.
impl Lenient for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        number(deserializer, "an integer", Number::as_i64)
    }
}

fn number<'de, D, T>(
    deserializer: D,
    expected: &str,
    of: fn(&Number) -> Option<T>,
) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    let Some(value) = Option::deserialize(deserializer)? else { return Ok(None) };
    let number = match &value {
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => of(number),
        _ => None,
    };
    number.map(Some).ok_or_else(|| unexpected(&value, expected))
}

/// Any number, including fractions, or its text in a string.
impl Lenient for Number {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        number(deserializer, "a number", |number| Some(number.clone()))
    }
}

/// An object with any fields.
impl Lenient for Map<String, Value> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        object(deserializer)
    }
}

/// A bool, `"true"` or `"false"` in any case, `0` or `1` as number or string.
impl Lenient for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let Some(value) = Option::deserialize(deserializer)? else { return Ok(None) };
        let text = match &value {
            Value::Bool(value) => return Ok(Some(*value)),
            Value::String(text) => text.to_ascii_lowercase(),
            other => other.to_string(),
        };
        match text.as_str() {
            "" => Ok(None),
            "0" | "false" => Ok(Some(false)),
            "1" | "true" => Ok(Some(true)),
            _ => Err(unexpected(&value, "a bool")),
        }
    }
}

/// A list, either as JSON or as JSON in a string. Elements without a value, such as `null`, are
/// left out.
///
/// Unlike a scalar, a list is not read through `Value`, which takes 1.5 times as long for ten
/// thousand elements.
impl<T: Lenient> Lenient for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        struct Element<T>(Option<T>);

        impl<'de, T: Lenient> Deserialize<'de> for Element<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::read(deserializer).map(Self)
            }
        }

        let list = Nested { opening: '[', of: PhantomData };
        let elements: Option<Vec<Element<T>>> = deserializer.deserialize_any(list)?;
        Ok(elements
            .map(|elements| elements.into_iter().filter_map(|Element(value)| value).collect()))
    }
}

/// Reads an object, either as JSON or as JSON in a string. A list is rejected, although `serde`
/// would read it as a struct whose fields are given by position.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    deserializer.deserialize_any(Nested { opening: '{', of: PhantomData })
}

/// Visits a list or an object, depending on its opening bracket.
struct Nested<T> {
    opening: char,
    of: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Nested<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.opening == '{' { "an object" } else { "a list" })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, json: &str) -> Result<Self::Value, E> {
        if json.is_empty() {
            return Ok(None);
        }
        if !json.trim_start().starts_with(self.opening) {
            return Err(E::invalid_value(Unexpected::Str(excerpt(json)), &self));
        }
        let repaired = surrogates::repaired(json);
        serde_json::from_str(repaired.as_deref().unwrap_or(json)).map(Some).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        if self.opening != '[' {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        T::deserialize(SeqAccessDeserializer::new(elements)).map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        if self.opening != '{' {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        T::deserialize(MapAccessDeserializer::new(members)).map(Some)
    }
}

fn unexpected<E: Error>(value: &Value, expected: &str) -> E {
    E::custom(format_args!("expected {expected}, found {}", excerpt(&value.to_string())))
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro defines public types")]
mod tests {
    use crate::event::macros::wire_struct;

    wire_struct! {
        #[derive(Default)]
        pub struct Fields {
            pub id: Option<String>,
            pub count: Option<u64>,
            pub change: Option<i64>,
            pub muted: Option<bool>,
            pub list: Vec<Named>,
            pub inside: Option<Named>,
        }
    }

    wire_struct! {
        pub struct Named {
            pub name: String,
            pub flag: bool = default,
        }
    }

    fn read(json: &str) -> Option<Fields> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_string_and_a_number_of_the_same_digits_are_the_same() {
        for json in [
            r#"{"id":18446744073709551615,"count":18446744073709551615,"change":-1,"muted":true}"#,
            r#"{"id":"18446744073709551615","count":"18446744073709551615","change":"-1","muted":"True"}"#,
        ] {
            let Fields { id, count, change, muted, .. } = read(json).unwrap();
            assert_eq!(id.as_deref(), Some("18446744073709551615"));
            assert_eq!((count, change, muted), (Some(u64::MAX), Some(-1), Some(true)));
        }
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        for json in [
            r"{}",
            r#"{"id":null,"count":null,"change":null,"muted":null,"list":null}"#,
            r#"{"count":"","change":"","muted":"","list":""}"#,
            r#"{"list":[null]}"#,
        ] {
            assert_eq!(read(json), Some(Fields::default()), "{json}");
        }
        assert_eq!(read(r#"{"id":""}"#).unwrap().id.as_deref(), Some(""));
    }

    #[test]
    fn other_values_are_an_error() {
        for json in [
            r#"{"id":1.5}"#,
            r#"{"id":18446744073709551616}"#,
            r#"{"id":["a"]}"#,
            r#"{"count":-1}"#,
            r#"{"count":"many"}"#,
            r#"{"count":true}"#,
            r#"{"change":9223372036854775808}"#,
            r#"{"change":true}"#,
            r#"{"muted":2}"#,
            r#"{"muted":"perhaps"}"#,
            r#"{"list":[{}]}"#,
            r#"{"list":[{"name":null}]}"#,
            r#"{"list":{"name":"a"}}"#,
            r#"{"list":"{}"}"#,
            r#"{"list":[["a"]]}"#,
            r#"{"inside":["a"]}"#,
            r#"{"inside":"[\"a\"]"}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn a_list_may_be_json_in_a_string_and_so_may_its_members() {
        for (json, members) in [
            (r#"{"list":[{"name":"a"},{"name":2}]}"#, 2),
            (r#"{"list":"[{\"name\":\"a\"}]"}"#, 1),
            (r#"{"list":["{\"name\":\"a\"}"]}"#, 1),
            (r#"{"list":[{"name":"a","flag":null},{"name":"b","flag":""},{"name":"c"}]}"#, 3),
            (r#"{"list":[]}"#, 0),
        ] {
            assert_eq!(read(json).unwrap().list.len(), members, "{json}");
        }
    }
}
