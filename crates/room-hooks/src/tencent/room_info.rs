use crate::event::macros::{wire_names, wire_struct};

wire_struct! {
    /// Information about a room. Tencent does not document whether it is complete or contains only
    /// the changes, so every field but the id may be absent.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: String,
        /// The room's name.
        pub room_name: Option<String>,
        /// The kind of room.
        pub room_type: Option<RoomType>,
        /// The user who hosts the room.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// Whether the room has seats.
        pub is_seat_enabled: Option<bool>,
        /// How members get a seat.
        pub take_seat_mode: Option<TakeSeatMode>,
        /// The maximum number of members.
        pub max_member_count: Option<u64>,
        /// The number of seats.
        pub max_seat_count: Option<u64>,
        /// Whether video is off for everyone.
        pub is_video_disabled: Option<bool>,
        /// Whether audio is off for everyone.
        pub is_audio_disabled: Option<bool>,
        /// Whether text messages are disabled.
        pub is_message_disabled: Option<bool>,
        /// Whether screen sharing is disabled.
        pub is_screen_sharing_disabled: Option<bool>,
        /// Whether cloud recording is disabled; on the wire sometimes a string.
        pub is_cloud_recording_disabled: Option<bool>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// Whether a scheduled room has started.
        pub room_status: Option<RoomStatus>,
        /// When a scheduled room starts, in Unix seconds.
        pub schedule_start_time: Option<u64>,
        /// When a scheduled room ends, in Unix seconds.
        pub schedule_end_time: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
    }
}

wire_names! {
    /// A kind of room.
    pub enum RoomType in tencent {
        /// A meeting.
        Meeting = "Meeting",
        /// A live broadcast.
        Live = "Live",
    }
}

wire_names! {
    /// Whether a scheduled room has started.
    pub enum RoomStatus in tencent {
        /// The room is not scheduled.
        None = "None",
        /// The room has not started.
        NotStarted = "NotStarted",
        /// The room has started.
        Running = "Running",
    }
}

wire_names! {
    /// How members of a room get a seat.
    pub enum TakeSeatMode in tencent {
        /// The room has no seats.
        None = "None",
        /// Any member can take a free seat.
        FreeToTake = "FreeToTake",
        /// The host approves each request.
        ApplyToTake = "ApplyToTake",
    }
}
