//! The media that users send: event group 2.

use super::event_info::event_info;

event_info! {
    /// A user started sending video: event 201 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct VideoStarted {}
}

event_info! {
    /// A user stopped sending video: event 202 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct VideoStopped {
        /// The reason, as a number that the page does not explain, such as 0.
        pub reason: Option<i64>,
    }
}

event_info! {
    /// A user started sending audio: event 203 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct AudioStarted {}
}

event_info! {
    /// A user stopped sending audio: event 204 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct AudioStopped {
        /// The reason, as a number that the page does not explain, such as 0.
        pub reason: Option<i64>,
    }
}

event_info! {
    /// A user started sending the sub-stream, such as a screen: event 205 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct SubStreamStarted {}
}

event_info! {
    /// A user stopped sending the sub-stream: event 206 in
    /// [Room & Media Callbacks](https://trtc.io/document/39558).
    pub struct SubStreamStopped {
        /// The reason, as a number that the page does not explain, such as 0.
        pub reason: Option<i64>,
    }
}
