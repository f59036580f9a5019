//! Streams: the start and end of publishing.

use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::event::{
    lenient::Lenient,
    macros::{self, wire_codes, wire_struct},
    surrogates,
};

wire_struct! {
    /// A stream was published: Express's
    /// [`stream_create`](https://www.zegocloud.com/docs/real-time-video-server/callback/stream/created).
    /// Mixed streams do not cause this event.
    pub struct StreamCreated {
        /// The room's id.
        pub room_id: String,
        /// The room's session, as in [`RoomCreated`](super::RoomCreated).
        pub room_session_id: Option<u64>,
        /// The user who publishes the stream.
        pub user_id: Option<String>,
        /// The user's name.
        pub user_name: Option<String>,
        /// An older name of the room, which may differ from its id. Use `room_id`.
        pub channel_id: Option<String>,
        /// The stream's id, which the client chose.
        pub stream_id: Option<String>,
        /// Documented as equal to `stream_id`, although ZEGO's own samples differ. Use `stream_id`
        /// if it is present.
        pub stream_alias: Option<String>,
        /// ZEGO's own, unique id of the stream.
        pub stream_sid: Option<String>,
        /// The number of changes to the room's stream list so far, including this one. On the wire
        /// a string, such as `"01"`.
        pub stream_seq: Option<u64>,
        /// When the stream was created, in Unix milliseconds.
        pub create_time_ms: Option<u64>,
        /// When the stream was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// The stream's title.
        pub title: Option<String>,
        /// JSON as text, such as `{"cid":3}`; [`parse_stream_attr`](Self::parse_stream_attr) parses
        /// it.
        pub stream_attr: Option<String>,
        /// The text that the client attached to the stream.
        pub extra_info: Option<String>,
        /// Whether the stream replaces an existing one, as after a lost connection; on the wire
        /// `"0"` or `"1"`.
        #[serde(serialize_with = "macros::as_digit")]
        pub recreate: Option<bool>,
        /// The same as `user_id`.
        pub publish_id: Option<String>,
        /// The same as `user_name`.
        pub publish_name: Option<String>,
        /// The stream's RTMP URLs.
        pub rtmp_url: Vec<String>,
        /// The stream's HLS URLs.
        pub hls_url: Vec<String>,
        /// The stream's HTTP-FLV URLs.
        pub hdl_url: Vec<String>,
        /// URLs of a snapshot, valid while the stream is published.
        pub pic_url: Vec<String>,
    }
}

impl StreamCreated {
    /// Parses `stream_attr`; `None` if it is absent or empty.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object, or the codec is not a number.
    pub fn parse_stream_attr(&self) -> Result<Option<StreamAttr>, serde_json::Error> {
        let Some(text) = self.stream_attr.as_deref() else { return Ok(None) };
        StreamAttr::read(text.into_deserializer())
    }
}

wire_struct! {
    /// The content of `stream_attr`.
    pub struct StreamAttr {
        /// The video codec; on the wire `cid`.
        #[serde(rename = "cid")]
        pub codec: Option<Codec>,
    }
}

wire_codes! {
    /// A video codec.
    pub enum Codec in zego::express {
        /// H.264.
        H264 = 0,
        /// H.264 with layers (SVC).
        H264Svc = 1,
        /// VP8.
        Vp8 = 2,
        /// H.265.
        H265 = 3,
    }
}

wire_struct! {
    /// A stream was closed: Express's
    /// [`stream_close`](https://www.zegocloud.com/docs/real-time-video-server/callback/stream/destroyed).
    pub struct StreamClosed {
        /// The room's id.
        pub room_id: String,
        /// The room's session, as in [`RoomCreated`](super::RoomCreated).
        pub room_session_id: Option<u64>,
        /// The user who published the stream.
        pub user_id: Option<String>,
        /// The user's name.
        pub user_name: Option<String>,
        /// An older name of the room, which may differ from its id. Use `room_id`.
        pub channel_id: Option<String>,
        /// The stream's id, which the client chose.
        pub stream_id: Option<String>,
        /// Documented as equal to `stream_id`, although ZEGO's own samples differ. Use `stream_id`
        /// if it is present.
        pub stream_alias: Option<String>,
        /// ZEGO's own, unique id of the stream.
        pub stream_sid: Option<String>,
        /// The number of changes to the room's stream list so far, including this one. A close
        /// whose number does not exceed the creation's belongs to an earlier stream of the same id.
        pub stream_seq: Option<u64>,
        /// When the stream was created, in Unix milliseconds.
        pub create_time_ms: Option<u64>,
        /// When the stream was closed, in Unix milliseconds; on the wire `destroy_timemillis`.
        #[serde(rename = "destroy_timemillis")]
        pub destroy_time_ms: Option<u64>,
        /// Why the stream was closed; on the wire `type`.
        #[serde(rename = "type")]
        pub reason: Option<StreamCloseReason>,
        /// The text that the client attached when it closed the stream. If clients send JSON,
        /// [`parse_third_define_data`](Self::parse_third_define_data) parses it.
        pub third_define_data: Option<String>,
    }
}

impl StreamClosed {
    /// Parses `third_define_data` as JSON into a type that you define; `None` if it is absent or
    /// empty.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or does not have the shape of `T`.
    pub fn parse_third_define_data<T: DeserializeOwned>(
        &self,
    ) -> Result<Option<T>, serde_json::Error> {
        let text = self.third_define_data.as_deref().filter(|text| !text.is_empty());
        let Some(json) = text else { return Ok(None) };
        let repaired = surrogates::repaired(json);
        serde_json::from_str(repaired.as_deref().unwrap_or(json)).map(Some)
    }
}

wire_codes! {
    /// Why a stream was closed.
    pub enum StreamCloseReason in zego::express {
        /// The stream was closed normally.
        Normal = 0,
        /// The user's heartbeat timed out.
        HeartbeatTimeout = 1,
        /// The same user logged in elsewhere.
        SecondLogin = 2,
        /// The server API removed the user.
        KickedOut = 3,
        /// The connection was lost.
        Disconnected = 4,
        /// The room was closed.
        RoomClosed = 5,
        /// The server API deleted the stream.
        StreamDeleted = 100,
    }
}
