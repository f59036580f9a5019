//! What users send: event group 2.

use super::event_info::event_info;

event_info! {
    /// A user sends video: event 201 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct VideoStarted {}
}

event_info! {
    /// A user no longer sends video: event 202 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct VideoStopped {
        /// Why, as a number whose meaning the page does not tell; 0 has been seen.
        pub reason: Option<i64>,
    }
}

event_info! {
    /// A user sends audio: event 203 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct AudioStarted {}
}

event_info! {
    /// A user no longer sends audio: event 204 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct AudioStopped {
        /// Why, as a number whose meaning the page does not tell; 0 has been seen.
        pub reason: Option<i64>,
    }
}

event_info! {
    /// A user sends the sub-stream, a screen for one: event 205 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct SubStreamStarted {}
}

event_info! {
    /// A user no longer sends the sub-stream: event 206 of TRTC's
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct SubStreamStopped {
        /// Why, as a number whose meaning the page does not tell; 0 has been seen.
        pub reason: Option<i64>,
    }
}
