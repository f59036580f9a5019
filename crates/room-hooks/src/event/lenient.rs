//! Values as the providers send them: a number may be a string, a bool may be `"false"` or `1`, and in
//! a form, which knows strings only, a list or an object is JSON in a string.
//!
//! What is not there, what is `null` and, where no text is asked for, what is empty are the same.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::{event::document::Json, event::excerpt::excerpt, event::scalar::Scalar};

/// A type that is read as the providers write it; `wire_struct!` reads every member so.
pub(crate) trait Lenient: Sized {
    /// Reads a value, or `None` where there is nothing.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

/// A member that need not be there.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    T::read(deserializer)
}

/// A member that need not be there, such as a list, and then is its type's default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient + Default,
{
    T::read(deserializer).map(Option::unwrap_or_default)
}

/// A member without which the event has another shape.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    T::read(deserializer)?.ok_or_else(|| D::Error::custom("expected a value and not nothing"))
}

/// An object, as it is or as JSON in a string. A list is none, though it would do for a struct, its
/// members by position.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    deserializer.deserialize_any(NestedVisitor { opening: '{', of: PhantomData })
}

/// A string, or an integer as its digits.
impl Lenient for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Option::<Scalar<'_>>::deserialize(deserializer)?;
        scalar.map(|scalar| Ok(scalar.text()?.into_owned())).transpose()
    }
}

/// An integer that is not negative, or its digits in a string.
impl Lenient for u64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Option::<Scalar<'_>>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Scalar::Integer(number)) => Ok(Some(number)),
            Some(Scalar::Text(text)) => digits(&text),
            Some(other) => Err(D::Error::invalid_type(other.unexpected(), &"an integer")),
        }
    }
}

/// An integer, or its digits in a string.
impl Lenient for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Option::<Scalar<'_>>::deserialize(deserializer)?;
        let invalid =
            |scalar: &Scalar<'_>| D::Error::invalid_type(scalar.unexpected(), &"an integer");
        match scalar {
            None => Ok(None),
            Some(Scalar::Negative(number)) => Ok(Some(number)),
            Some(Scalar::Text(text)) => digits(&text),
            Some(Scalar::Integer(number)) => {
                Self::try_from(number).map(Some).map_err(|_| invalid(&Scalar::Integer(number)))
            }
            Some(other) => Err(invalid(&other)),
        }
    }
}

/// A bool, `"true"` or `"false"` in any case, `0` or `1` as number or string.
impl Lenient for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Option::<Scalar<'_>>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Scalar::Bool(value)) => Ok(Some(value)),
            Some(Scalar::Integer(number @ (0 | 1))) => Ok(Some(number == 1)),
            Some(Scalar::Text(text)) => match text.to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "0" | "false" => Ok(Some(false)),
                "1" | "true" => Ok(Some(true)),
                _ => Err(D::Error::invalid_value(Unexpected::Str(excerpt(&text)), &"a bool")),
            },
            Some(other) => Err(D::Error::invalid_type(other.unexpected(), &"a bool")),
        }
    }
}

/// A list, as it is or as JSON in a string; what is nothing in it is left out.
impl<T: Lenient> Lenient for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let list = NestedVisitor { opening: '[', of: PhantomData };
        let members: Option<Vec<Member<T>>> = deserializer.deserialize_any(list)?;
        Ok(members.map(|members| members.into_iter().filter_map(|Member(value)| value).collect()))
    }
}

fn digits<T: std::str::FromStr, E: de::Error>(text: &str) -> Result<Option<T>, E> {
    match text {
        "" => Ok(None),
        _ => text
            .parse()
            .map(Some)
            .map_err(|_| E::invalid_value(Unexpected::Str(excerpt(text)), &"an integer's digits")),
    }
}

/// A member of a list.
struct Member<T>(Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

/// Reads a list or an object, by what its text begins with.
struct NestedVisitor<T> {
    opening: char,
    of: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for NestedVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.opening == '{' { "an object" } else { "a list" })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, json: &str) -> Result<Self::Value, E> {
        match json {
            "" => Ok(None),
            _ if json.trim_start().starts_with(self.opening) => {
                let json = Json::new(json);
                serde_json::from_str(json.as_str()).map(Some).map_err(E::custom)
            }
            _ => Err(E::invalid_value(Unexpected::Str(excerpt(json)), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        if self.opening != '[' {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        T::deserialize(SeqAccessDeserializer::new(members)).map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        if self.opening != '{' {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        T::deserialize(MapAccessDeserializer::new(members)).map(Some)
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for what is public")]
mod tests {
    use crate::event::wire::wire_struct;

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
    fn what_cannot_be_meant_is_an_error() {
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
