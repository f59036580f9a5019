/// Defines an event from the fields of its `EventInfo`, beyond those that all events have.
macro_rules! event_info {
    ($(#[$attribute:meta])* pub struct $event:ident { $($members:tt)* }) => {
        $crate::event::macros::wire_struct! {
            $(#[$attribute])*
            #[serde(rename_all = "PascalCase")]
            pub struct $event {
                /// The room's id. On the wire it is a number or a string, depending on the client,
                /// and to TRTC 7 and "7" are two rooms: `Verified::document` has the original form.
                pub room_id: String,
                /// When the event happened, in Unix seconds.
                pub event_ts: Option<u64>,
                /// When the event happened, in Unix milliseconds; on the wire also `EventTsMs`.
                #[serde(alias = "EventTsMs")]
                pub event_ms_ts: Option<u64>,
                /// The user's id.
                pub user_id: Option<String>,
                /// The event's id; not always present.
                pub unique_id: Option<String>,
                $($members)*
            }
        }
    };
}

pub(super) use event_info;
