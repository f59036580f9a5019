//! The table of a provider's events.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::RoomEvent;

/// Defines a provider's `Event` by its rows: the variant and its type, the name on the wire, other names of
/// the same event after `|`, and after `as` the kind where the name is not unique. `$read` takes an event out of
/// the JSON of its members, `$write` puts it into a document, its name included.
///
/// `distinct by` names members, by their paths, of which one tells an event from the next that is equal:
/// an id, a time in milliseconds, or as `id#number` an id and the event's number within it. A
/// [`DeliveryId`](crate::DeliveryId) then does not depend on when the delivery was sent. After `=>` come the
/// event's [`Facts`](crate::Facts). A row that lacks one of the two has
/// what the head of the table says.
///
/// A fixture, `src/testing/fixtures/PROVIDER/KIND.json`, belongs to each row.
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
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant($event),)*
            /// Anything else, as it arrived.
            Raw($crate::RawEvent),
        }

        impl Event {
            /// Reads an event of a kind or alias from its members, or keeps the document under its name.
            fn read(kind: &str, name: &str, members: &str, document: &$crate::Document) -> Self {
                let event = match kind {
                    $(
                        $crate::event::table::kind!($name $($kind)?) $(| $alias)* => {
                            $read(members).map(Self::$variant)
                        }
                    )*
                    _ => return Self::Raw($crate::RawEvent::new::<$provider>(name, document, None)),
                };
                event.unwrap_or_else(|error| {
                    Self::Raw($crate::RawEvent::new::<$provider>(name, document, Some(error)))
                })
            }

            /// Every event that has a type, with its fixture.
            #[cfg(feature = "testing")]
            pub(crate) const SAMPLES: &[$crate::testing::Sample] = &[$(
                $crate::testing::Sample {
                    provider: $folder,
                    name: $name,
                    kind: $crate::event::table::kind!($name $($kind)?),
                    distinct_by: &$crate::event::table::or_usual!($([$($member),+],)? $usual_members),
                    type_name: concat!($folder, "::", stringify!($event)),
                    fixture: include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"),
                        "/src/testing/fixtures/",
                        $folder,
                        "/",
                        $crate::event::table::kind!($name $($kind)?),
                        ".json"
                    )),
                },
            )*];
        }

        impl $crate::RoomEvent for Event {
            type Provider = $provider;
            const KIND: Option<&'static str> = None;

            fn downcast(event: Self) -> Result<Self, Self> {
                Ok(event)
            }

            fn name(&self) -> &str {
                match self {
                    $(Self::$variant(event) => event.name(),)*
                    Self::Raw(other) => &other.name,
                }
            }

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(event) => event.kind(),)*
                    Self::Raw(_) => "raw",
                }
            }

            fn facts(&self) -> $crate::Facts<'_> {
                match self {
                    $(Self::$variant(event) => event.facts(),)*
                    Self::Raw(other) => $crate::Facts::of(other.room_id.as_deref()),
                }
            }

            fn distinct_by(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant(event) => event.distinct_by(),)*
                    Self::Raw(_) => &[],
                }
            }
        }

        impl ::serde::Serialize for Event {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(event) => $write(event, serializer),)*
                    Self::Raw(other) => other.serialize(serializer),
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
            impl $event {
                /// The event's name on the wire.
                pub const NAME: &'static str = $name;
            }

            impl $crate::RoomEvent for $event {
                type Provider = $provider;
                const KIND: Option<&'static str> =
                    Some($crate::event::table::kind!($name $($kind)?));

                fn downcast(event: Event) -> Result<Self, Event> {
                    match event {
                        Event::$variant(event) => Ok(event),
                        other => Err(other),
                    }
                }

                fn name(&self) -> &str {
                    Self::NAME
                }

                fn facts(&self) -> $crate::Facts<'_> {
                    const FACTS: fn(&$event) -> $crate::Facts<'_> =
                        $crate::event::table::or_usual!($($facts,)? $usual_facts);
                    FACTS(self)
                }

                fn distinct_by(&self) -> &'static [&'static str] {
                    &$crate::event::table::or_usual!($([$($member),+],)? $usual_members)
                }
            }
        )*
    };
}

/// An event's kind: its name on the wire, unless the row has one after `as`.
macro_rules! kind {
    ($only:literal) => {
        $only
    };
    ($first:literal $last:literal) => {
        $last
    };
}

/// What a row has or, where it has nothing, what the head of the table says.
macro_rules! or_usual {
    ($first:expr $(, $second:expr)?) => {
        $first
    };
}

/// Writes an event's members behind its name or number, where that is a member like them.
pub(crate) fn named<E: RoomEvent, S: Serializer>(
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

pub(crate) use {events, kind, or_usual};
