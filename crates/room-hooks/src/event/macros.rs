//! Macros that define the structs and enumerations of the wire format, so that an event's file
//! contains only its fields and their docs.

use serde::{Serialize, Serializer};

/// Defines a struct by its fields on the wire, each of which is read leniently.
///
/// An `Option`, a `Vec` and a field marked `= default` may be absent; any other field is required.
macro_rules! wire_struct {
    ($(#[$attribute:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::event::macros::wire_struct! { @members [$(#[$attribute])* $name] [] $($members)* }
    };
    (
        @members $head:tt [$($done:tt)*]
        $(#[$attribute:meta])* pub $member:ident: Option<$value:ty>, $($rest:tt)*
    ) => {
        $crate::event::macros::wire_struct! { @members $head [
            $($done)*
            $(#[$attribute])*
            #[serde(default, deserialize_with = "crate::event::lenient::optional")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $member: Option<$value>,
        ] $($rest)* }
    };
    (
        @members $head:tt [$($done:tt)*]
        $(#[$attribute:meta])* pub $member:ident: Vec<$value:ty>, $($rest:tt)*
    ) => {
        $crate::event::macros::wire_struct! { @members $head [
            $($done)*
            $(#[$attribute])*
            #[serde(default, deserialize_with = "crate::event::lenient::or_default")]
            pub $member: Vec<$value>,
        ] $($rest)* }
    };
    (
        @members $head:tt [$($done:tt)*]
        $(#[$attribute:meta])* pub $member:ident: $value:ty = default, $($rest:tt)*
    ) => {
        $crate::event::macros::wire_struct! { @members $head [
            $($done)*
            $(#[$attribute])*
            #[serde(default, deserialize_with = "crate::event::lenient::or_default")]
            pub $member: $value,
        ] $($rest)* }
    };
    (
        @members $head:tt [$($done:tt)*]
        $(#[$attribute:meta])* pub $member:ident: $value:ty, $($rest:tt)*
    ) => {
        $crate::event::macros::wire_struct! { @members $head [
            $($done)*
            $(#[$attribute])*
            #[serde(deserialize_with = "crate::event::lenient::required")]
            pub $member: $value,
        ] $($rest)* }
    };
    (@members [$(#[$attribute:meta])* $name:ident] [$($members:tt)*]) => {
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[non_exhaustive]
        $(#[$attribute])*
        pub struct $name { $($members)* }

        impl $crate::event::lenient::Lenient for $name {
            fn read<'de, D>(deserializer: D) -> Result<Option<Self>, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                $crate::event::lenient::object(deserializer)
            }
        }
    };
}

/// Defines an enumeration whose values are names on the wire, compared case-insensitively. The
/// public module after `in` is for the example in the docs.
macro_rules! wire_names {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident in $($module:ident)::+ {
            $($(#[$doc:meta])* $variant:ident = $wire:literal $(| $alias:literal)*,)*
        }
    ) => {
        $(#[$attribute])*
        ///
        /// # Example
        ///
        /// ```
        #[doc = concat!("use room_hooks", $("::", stringify!($module),)+ "::", stringify!($name), ";")]
        ///
        $(#[doc = concat!("assert_eq!(", stringify!($name), "::from(\"", $wire, "\"), ",
            stringify!($name), "::", stringify!($variant), ");")])*
        #[doc = concat!("let unknown = ", stringify!($name), "::Unknown(\"new\".to_owned());")]
        #[doc = concat!("assert_eq!(", stringify!($name), "::from(\"new\"), unknown);")]
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A value that this crate does not know, unchanged.
            Unknown(String),
        }

        impl $name {
            /// The value's name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(name) => name,
                }
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                $(
                    if [$wire $(, $alias)*].iter().any(|known| known.eq_ignore_ascii_case(name)) {
                        return Self::$variant;
                    }
                )*
                Self::Unknown(name.to_owned())
            }
        }

        $crate::event::macros::wire_value! { $name, as_str, |name: String| (name != "").then(|| Self::from(&*name)) }
    };
}

/// Defines an enumeration whose values are numbers on the wire. The public module after `in` is for
/// the example in the docs.
macro_rules! wire_codes {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident in $($module:ident)::+ {
            $($(#[$doc:meta])* $variant:ident = $wire:literal,)*
        }
    ) => {
        $(#[$attribute])*
        ///
        /// # Example
        ///
        /// ```
        #[doc = concat!("use room_hooks", $("::", stringify!($module),)+ "::", stringify!($name), ";")]
        ///
        $(#[doc = concat!("assert_eq!(", stringify!($name), "::from(", $wire, "), ",
            stringify!($name), "::", stringify!($variant), ");")])*
        #[doc = concat!("assert_eq!(", stringify!($name), "::from(-1), ", stringify!($name), "::Unknown(-1));")]
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A value that this crate does not know, unchanged.
            Unknown(i64),
        }

        impl $name {
            /// The value's number on the wire.
            #[must_use]
            pub fn code(self) -> i64 {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(code) => code,
                }
            }
        }

        impl From<i64> for $name {
            fn from(code: i64) -> Self {
                match code {
                    $($wire => Self::$variant,)*
                    _ => Self::Unknown(code),
                }
            }
        }

        $crate::event::macros::wire_value! { $name, code, |code: i64| Some(Self::from(code)) }
    };
}

/// Implements the traits that both kinds of enumeration share.
macro_rules! wire_value {
    ($name:ident, $on_wire:ident, $read:expr) => {
        impl $crate::event::lenient::Lenient for $name {
            fn read<'de, D>(deserializer: D) -> Result<Option<Self>, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                Ok($crate::event::lenient::Lenient::read(deserializer)?.and_then($read))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.$on_wire().serialize(serializer)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.$on_wire().fmt(f)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                $crate::event::lenient::required(deserializer)
            }
        }
    };
}

/// Serializes a bool as 0 or 1, as on the wire.
pub(crate) fn as_digit<B, S>(flag: &B, serializer: S) -> Result<S::Ok, S::Error>
where
    B: Copy + Into<Option<bool>>,
    S: Serializer,
{
    let flag: Option<bool> = (*flag).into();
    flag.map(u8::from).serialize(serializer)
}

pub(crate) use {wire_codes, wire_names, wire_struct, wire_value};

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros define public types")]
mod tests {
    wire_names! {
        /// Whether a user is present.
        pub enum Presence in tests {
            /// Present.
            Online = "Online",
            /// Absent.
            Offline = "Offline" | "Away",
        }
    }

    wire_codes! {
        /// A user's role.
        pub enum Role in tests {
            /// The host.
            Host = 1,
        }
    }

    fn presence(json: &str) -> Option<Presence> {
        serde_json::from_str(json).ok()
    }

    fn role(json: &str) -> Option<Role> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn names_are_compared_without_regard_to_case_and_the_unknown_is_kept() {
        for (json, value, wire) in [
            (r#""Online""#, Presence::Online, "Online"),
            (r#""ONLINE""#, Presence::Online, "Online"),
            (r#""away""#, Presence::Offline, "Offline"),
            (r#""Asleep""#, Presence::Unknown("Asleep".to_owned()), "Asleep"),
            ("7", Presence::Unknown("7".to_owned()), "7"),
        ] {
            let read = presence(json).unwrap();
            assert_eq!((read.to_string(), &read), (wire.to_owned(), &value), "{json}");
            assert_eq!(serde_json::to_value(&read).unwrap(), wire);
        }
        for json in [r#""""#, "null", "true", "[]"] {
            assert_eq!(presence(json), None, "{json}");
        }
    }

    #[test]
    fn codes_may_be_digits_and_the_unknown_is_kept() {
        for (json, value, code) in [
            ("1", Role::Host, 1),
            (r#""1""#, Role::Host, 1),
            ("9", Role::Unknown(9), 9),
            ("-1", Role::Unknown(-1), -1),
        ] {
            let read = role(json).unwrap();
            assert_eq!((read.to_string(), read), (code.to_string(), value), "{json}");
            assert_eq!(serde_json::to_value(read).unwrap(), code);
        }
        assert_eq!(role(r#""host""#), None);
    }
}
