//! The tables of a provider's events and questions.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::Callback;

/// Defines a provider's `Event` from its rows: the variant and its type, the name on the wire,
/// aliases after `|`, and the kind after `as` where the name is not unique. `$read` reads an event
/// from the JSON of its fields; `$write` serializes it together with its name.
///
/// `distinct by` lists the paths of fields that each distinguish the event from an otherwise equal
/// one: an id, a time in milliseconds, or `id#number` for an id together with the event's number
/// within it. The [`DeliveryId`](crate::DeliveryId) then does not depend on when the delivery was
/// sent. The event's [`Facts`](crate::Facts) follow `=>`. A row without `distinct by` or `=>` takes
/// that part from the head of the table.
///
/// Each row needs a fixture, `src/testing/fixtures/PROVIDER/KIND.json`.
macro_rules! events {
    (
        $(#[$attribute:meta])*
        pub enum Event of $provider:ident in $folder:literal, read by $read:path, written by $write:path,
            distinct by $usual_members:expr => $usual_facts:expr;
        $(
            $(#[$doc:meta])*
            $variant:ident($event:ty) = $name:literal $(| $alias:literal)* $(as $kind:literal)?
                $(, distinct by $($member:literal)|+)? $(=> $facts:expr)?;
        )*
    ) => {
        $crate::event::table::callbacks! {
            $(#[$attribute])*
            pub enum Event of $provider in $folder, read by $read, written by $write;
            $(
                $(#[$doc])*
                $variant($event) = $name $(| $alias)*,
                    kind [$name $($kind)?],
                    distinct by $crate::event::table::or_usual!($([$($member),+],)? $usual_members),
                    facts $crate::event::table::or_usual!($($facts,)? $usual_facts);
            )*
        }

        impl $crate::RoomEvent for Event {
            fn distinct_by(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant(event) => event.distinct_by(),)*
                    Self::Raw(_) => &[],
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for Event {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                let json: Box<::serde_json::value::RawValue> =
                    ::serde::Deserialize::deserialize(deserializer)?;
                let document = $crate::Document::new::<$provider>(json.get());
                Self::of(&document).map_err(::serde::de::Error::custom)
            }
        }

        $(
            /// # Example
            ///
            /// ```
            #[doc = concat!("use room_hooks::{Callback, Hooks, Verified, ", $folder, "};")]
            ///
            #[doc = concat!("# fn hooks(", $folder, ": ", $folder, "::", stringify!($provider), ") {")]
            #[doc = concat!("Hooks::new(", $folder, ").on(async |verified: Verified<",
                $folder, "::", stringify!($event), ">| {")]
            ///     let event = &verified.event;
            ///     println!("{} in room {:?}: {event:?}", event.name(), event.room_id());
            /// })
            /// # ;
            /// # }
            /// ```
            impl $event {
                /// The name on the wire.
                pub const NAME: &'static str = $name;
            }

            impl $crate::RoomEvent for $event {
                fn distinct_by(&self) -> &'static [&'static str] {
                    &$crate::event::table::or_usual!($([$($member),+],)? $usual_members)
                }
            }
        )*
    };
}

/// Defines a provider's `Question` from its rows, like [`events!`] does for events. `answered by`
/// names the type of the decision; in the head of the table, it is the type for any question.
macro_rules! questions {
    (
        $(#[$attribute:meta])*
        pub enum Question of $provider:ident in $folder:literal, read by $read:path, written by $write:path,
            answered by $any_decision:ty;
        $(
            $(#[$doc:meta])*
            $variant:ident($question:ty) = $name:literal, answered by $decision:ty => $facts:expr;
        )*
    ) => {
        $crate::event::table::callbacks! {
            $(#[$attribute])*
            pub enum Question of $provider in $folder, read by $read, written by $write;
            $(
                $(#[$doc])*
                $variant($question) = $name, kind [$name], distinct by [], facts $facts;
            )*
        }

        impl $crate::Question for Question {
            type Decision = $any_decision;
        }

        $(
            impl $question {
                /// The name on the wire.
                pub const NAME: &'static str = $name;
            }

            impl $crate::Question for $question {
                type Decision = $decision;
            }
        )*
    };
}

/// Defines the parts that the tables of events and questions share. `$any` is `Event` or
/// `Question`.
macro_rules! callbacks {
    (
        $(#[$attribute:meta])*
        pub enum $any:ident of $provider:ident in $folder:literal, read by $read:path, written by $write:path;
        $(
            $(#[$doc:meta])*
            $variant:ident($callback:ty) = $name:literal $(| $alias:literal)*,
                kind [$($kind:literal)+], distinct by $members:expr, facts $facts:expr;
        )*
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $any {
            $($(#[$doc])* $variant($callback),)*
            /// A callback without a type, unchanged.
            Raw($crate::RawEvent),
        }

        impl $any {
            /// Reads a callback from its fields, given its kind or an alias. Without a type for the
            /// kind, keeps the document under `name`.
            fn read(kind: &str, name: &str, members: &str, document: &$crate::Document) -> Self {
                let callback = match kind {
                    $(
                        $crate::event::table::kind!($($kind)+) $(| $alias)* => {
                            $read(members).map(Self::$variant)
                        }
                    )*
                    _ => return Self::Raw($crate::RawEvent::new::<$provider>(name, document, None)),
                };
                callback.unwrap_or_else(|error| {
                    Self::Raw($crate::RawEvent::new::<$provider>(name, document, Some(error)))
                })
            }

            /// Every callback that has a type, with its fixture.
            #[cfg(feature = "testing")]
            pub(crate) const SAMPLES: &[$crate::testing::Sample] = &[$(
                $crate::testing::Sample {
                    provider: $folder,
                    name: $name,
                    kind: $crate::event::table::kind!($($kind)+),
                    distinct_by: &$members,
                    type_name: concat!($folder, "::", stringify!($callback)),
                    fixture: include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"),
                        "/src/testing/fixtures/",
                        $folder,
                        "/",
                        $crate::event::table::kind!($($kind)+),
                        ".json"
                    )),
                },
            )*];
        }

        impl $crate::Callback for $any {
            type Provider = $provider;
            type Any = Self;
            const KIND: Option<&'static str> = None;
            const KINDS: &'static [&'static str] =
                &[$($crate::event::table::kind!($($kind)+),)* "raw"];

            fn downcast(any: Self) -> Result<Self, Self> {
                Ok(any)
            }

            fn select(
                received: $crate::adapter::Received<$provider>,
            ) -> Result<Self, $crate::adapter::Received<$provider>> {
                match received {
                    $crate::adapter::Received::$any(callback) => Ok(callback),
                    received => Err(received),
                }
            }

            fn rust_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(callback) => callback.rust_type(),)*
                    Self::Raw(_) => concat!($folder, "::", stringify!($any)),
                }
            }

            fn name(&self) -> &str {
                match self {
                    $(Self::$variant(callback) => callback.name(),)*
                    Self::Raw(other) => &other.name,
                }
            }

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(callback) => callback.kind(),)*
                    Self::Raw(_) => "raw",
                }
            }

            fn facts(&self) -> $crate::Facts<'_> {
                match self {
                    $(Self::$variant(callback) => callback.facts(),)*
                    Self::Raw(other) => $crate::Facts::of(other.room_id.as_deref()),
                }
            }
        }

        impl ::serde::Serialize for $any {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(callback) => $write(callback, serializer),)*
                    Self::Raw(other) => other.serialize(serializer),
                }
            }
        }

        $(
            impl $crate::Callback for $callback {
                type Provider = $provider;
                type Any = $any;
                const KIND: Option<&'static str> =
                    Some($crate::event::table::kind!($($kind)+));

                fn downcast(any: $any) -> Result<Self, $any> {
                    match any {
                        $any::$variant(callback) => Ok(callback),
                        other => Err(other),
                    }
                }

                fn select(
                    received: $crate::adapter::Received<$provider>,
                ) -> Result<Self, $crate::adapter::Received<$provider>> {
                    match received {
                        $crate::adapter::Received::$any($any::$variant(callback)) => Ok(callback),
                        received => Err(received),
                    }
                }

                fn rust_type(&self) -> &'static str {
                    concat!($folder, "::", stringify!($callback))
                }

                fn name(&self) -> &str {
                    Self::NAME
                }

                fn facts(&self) -> $crate::Facts<'_> {
                    const FACTS: fn(&$callback) -> $crate::Facts<'_> = $facts;
                    FACTS(self)
                }
            }
        )*
    };
}

/// The kind of an event: its name on the wire, unless the row has one after `as`.
macro_rules! kind {
    ($only:literal) => {
        $only
    };
    ($first:literal $last:literal) => {
        $last
    };
}

/// The row's own value or, if the row omits it, the value in the head of the table.
macro_rules! or_usual {
    ($first:expr $(, $second:expr)?) => {
        $first
    };
}

/// Writes an event's fields after its name or number, which is a field on the same level.
pub(crate) fn named<E: Callback, S: Serializer>(
    member: &str,
    name: impl Serialize,
    event: &E,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a, N: Serialize, E> {
        #[serde(flatten)]
        name: BTreeMap<&'a str, N>,
        #[serde(flatten)]
        members: &'a E,
    }
    Named { name: BTreeMap::from([(member, name)]), members: event }.serialize(serializer)
}

pub(crate) use {callbacks, events, kind, or_usual, questions};
