//! What users send: event group 2.

use crate::wire::wire_struct;

use super::room::about;

/// Defines the events of a medium: that a user sends it, and that the user no longer does.
macro_rules! medium {
    (
        $(#[$started_doc:meta])* $started:ident,
        $(#[$stopped_doc:meta])* $stopped:ident
    ) => {
        wire_struct! {
            $(#[$started_doc])*
            #[serde(rename_all = "PascalCase")]
            pub struct $started {
                /// The room's id, a string or a number on the wire, as the client used it.
                pub room_id: String,
                /// When it was started, in Unix seconds.
                pub event_ts: Option<u64>,
                /// When it was started, in Unix milliseconds.
                pub event_ms_ts: Option<u64>,
                /// The user.
                pub user_id: Option<String>,
                /// An id of the event's; not always there.
                pub unique_id: Option<String>,
            }
        }

        wire_struct! {
            $(#[$stopped_doc])*
            #[serde(rename_all = "PascalCase")]
            pub struct $stopped {
                /// The room's id, a string or a number on the wire, as the client used it.
                pub room_id: String,
                /// When it was stopped, in Unix seconds.
                pub event_ts: Option<u64>,
                /// When it was stopped, in Unix milliseconds.
                pub event_ms_ts: Option<u64>,
                /// The user.
                pub user_id: Option<String>,
                /// An id of the event's; not always there.
                pub unique_id: Option<String>,
                /// Why, as a number whose meaning the page does not tell; 0 has been seen.
                pub reason: Option<i64>,
            }
        }

        about! { $started, $stopped, }
    };
}

medium! {
    /// A user sends video: event 201 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    VideoStarted,
    /// A user no longer sends video: event 202 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    VideoStopped
}

medium! {
    /// A user sends audio: event 203 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    AudioStarted,
    /// A user no longer sends audio: event 204 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    AudioStopped
}

medium! {
    /// A user sends the sub-stream, a screen for one: event 205 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    SubStreamStarted,
    /// A user no longer sends the sub-stream: event 206 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    SubStreamStopped
}
