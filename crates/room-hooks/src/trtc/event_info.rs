/// Defines an event by what its `EventInfo` has beyond what all have.
macro_rules! event_info {
    ($(#[$attribute:meta])* pub struct $event:ident { $($members:tt)* }) => {
        $crate::wire::wire_struct! {
            $(#[$attribute])*
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// The room's id, a string or a number on the wire, as the client used it.
                pub room_id: String,
                /// When it happened, in Unix seconds.
                pub event_ts: Option<u64>,
                /// When it happened, in Unix milliseconds.
                pub event_ms_ts: Option<u64>,
                /// The user; nobody where a room is dismissed.
                pub user_id: Option<String>,
                /// An id of the event's; not always there.
                pub unique_id: Option<String>,
                $($members)*
            }
        }

        impl $crate::catalogue::About for $event {
            fn room_id(&self) -> Option<&str> {
                Some(&self.room_id)
            }

            fn operator(&self) -> Option<&str> {
                self.user_id.as_deref()
            }

            fn occurred_at(&self) -> Option<::std::time::SystemTime> {
                let seconds = self.event_ts.and_then($crate::unix_time::at_seconds);
                self.event_ms_ts.and_then($crate::unix_time::at_millis).or(seconds)
            }
        }
    };
}

pub(super) use event_info;
