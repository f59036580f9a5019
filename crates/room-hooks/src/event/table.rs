//! The table of a provider's events: one row for each, in its `event.rs`.

use std::time::SystemTime;

/// An event's own answers to the questions of [`RoomEvent`](crate::RoomEvent), written beside its
/// struct.
pub(crate) trait About {
    fn room_id(&self) -> Option<&str>;

    fn operator(&self) -> Option<&str> {
        None
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        None
    }

    fn session(&self) -> Option<u64> {
        None
    }

    /// The operator, where that is not empty.
    fn user(&self) -> Option<&str> {
        self.operator().filter(|user| !user.is_empty())
    }
}

/// An event that has a type, as its row has it.
pub(crate) struct Known<'a> {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) distinct_by: &'static [&'static str],
    pub(crate) event: &'a dyn About,
}

/// Defines a provider's `Event` by its rows: the variant and its type, the name on the wire, other
/// names of the same event after `|`, and after `as` the kind where the name is not unique. `$read` takes
/// an event out of the provider's form, `$write` puts it there, its name included.
///
/// `distinct by` names members, by their paths, of which one tells an event from the next that is equal:
/// an id, or a time in milliseconds. A [`DeliveryId`](crate::DeliveryId) then does not depend on when the
/// delivery was sent.
///
/// A fixture, `tests/fixtures/PROVIDER/KIND.json`, belongs to each row.
macro_rules! events {
    (
        $(#[$attribute:meta])*
        pub enum Event of $provider:ident in $folder:literal, read by $read:path, written by $write:ident {
            $(
                $(#[$doc:meta])*
                $variant:ident($event:ty) = $name:literal $(| $alias:literal)* $(as $kind:literal)?
                    $(, distinct by $($member:literal)|+)?;
            )*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant($event),)*
            /// Anything else, as it arrived.
            Other($crate::Other),
        }

        impl Event {
            /// Reads an event of a kind or alias, or keeps it as it is under its name.
            fn read(
                kind: &str,
                name: &str,
                document: &$crate::Document,
            ) -> Result<Self, $crate::Refusal> {
                let event = match kind {
                    $(
                        $crate::event::table::last!($name $($kind)?) $(| $alias)* => {
                            $read(document.as_str()).map(Self::$variant)
                        }
                    )*
                    _ => return $crate::Other::unknown(name, document).map(Self::Other),
                };
                event.or_else(|error| {
                    $crate::Other::misshapen(name, document, &error).map(Self::Other)
                })
            }

            /// Every event that has a type, with its fixture.
            #[cfg(feature = "testing")]
            pub(crate) const SAMPLES: &[$crate::testing::Sample] = &[$(
                $crate::testing::Sample {
                    provider: $folder,
                    name: $name,
                    kind: $crate::event::table::last!($name $($kind)?),
                    distinct_by: &[$($($member),+)?],
                    type_name: concat!($folder, "::", stringify!($event)),
                    fixture: include_str!(concat!(
                        env!("CARGO_MANIFEST_DIR"),
                        "/tests/fixtures/",
                        $folder,
                        "/",
                        $crate::event::table::last!($name $($kind)?),
                        ".json"
                    )),
                },
            )*];

            fn known(&self) -> Result<$crate::event::table::Known<'_>, &$crate::Other> {
                match self {
                    $(Self::$variant(event) => Ok($crate::event::table::Known {
                        name: $name,
                        kind: $crate::event::table::last!($name $($kind)?),
                        distinct_by: &[$($($member),+)?],
                        event,
                    }),)*
                    Self::Other(other) => Err(other),
                }
            }
        }

        impl $crate::RoomEvent for Event {
            type Provider = $provider;

            fn narrow(event: Self) -> Result<Self, Self> {
                Ok(event)
            }

            fn name(&self) -> &str {
                self.known().map_or_else(|other| &*other.name, |known| known.name)
            }

            fn kind(&self) -> &'static str {
                self.known().map_or("other", |known| known.kind)
            }

            fn room_id(&self) -> Option<&str> {
                self.known().map_or_else(
                    |other| other.room_id.as_deref(),
                    |known| known.event.room_id(),
                )
            }

            fn operator(&self) -> Option<&str> {
                self.known().ok()?.event.user()
            }

            fn occurred_at(&self) -> Option<::std::time::SystemTime> {
                self.known().ok()?.event.occurred_at()
            }

            fn session(&self) -> Option<u64> {
                self.known().ok()?.event.session()
            }

            fn distinct_by(&self) -> &'static [&'static str] {
                self.known().map_or(&[], |known| known.distinct_by)
            }
        }

        impl ::serde::Serialize for Event {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(event) => $write(event, serializer),)*
                    Self::Other(other) => other.serialize(serializer),
                }
            }
        }

        $(
            impl $event {
                /// The event's name on the wire.
                pub const NAME: &'static str = $name;
            }

            impl $crate::RoomEvent for $event {
                type Provider = $provider;

                fn narrow(event: Event) -> Result<Self, Event> {
                    match event {
                        Event::$variant(event) => Ok(event),
                        other => Err(other),
                    }
                }

                fn name(&self) -> &str {
                    Self::NAME
                }

                fn kind(&self) -> &'static str {
                    $crate::event::table::last!($name $($kind)?)
                }

                fn room_id(&self) -> Option<&str> {
                    $crate::event::table::About::room_id(self)
                }

                fn operator(&self) -> Option<&str> {
                    $crate::event::table::About::user(self)
                }

                fn occurred_at(&self) -> Option<::std::time::SystemTime> {
                    $crate::event::table::About::occurred_at(self)
                }

                fn session(&self) -> Option<u64> {
                    $crate::event::table::About::session(self)
                }

                fn distinct_by(&self) -> &'static [&'static str] {
                    &[$($($member),+)?]
                }
            }
        )*
    };
}

/// The last of one literal or two.
macro_rules! last {
    ($only:literal) => {
        $only
    };
    ($first:literal $last:literal) => {
        $last
    };
}

pub(crate) use {events, last};
