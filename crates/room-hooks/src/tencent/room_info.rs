use crate::event::macros::{wire_names, wire_struct};

wire_struct! {
    /// What a callback says of a room. Tencent does not document whether all of it comes or only what
    /// changed, so everything but the id may be absent.
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
        /// Whether there are seats.
        pub is_seat_enabled: Option<bool>,
        /// How a member comes by a seat.
        pub take_seat_mode: Option<TakeSeatMode>,
        /// The most members that the room may have.
        pub max_member_count: Option<u64>,
        /// The number of seats.
        pub max_seat_count: Option<u64>,
        /// Whether video is off for all.
        pub is_video_disabled: Option<bool>,
        /// Whether audio is off for all.
        pub is_audio_disabled: Option<bool>,
        /// Whether nobody may send text messages.
        pub is_message_disabled: Option<bool>,
        /// Whether nobody may share a screen.
        pub is_screen_sharing_disabled: Option<bool>,
        /// Whether the room may not be recorded in the cloud. Seen on the wire as a string.
        pub is_cloud_recording_disabled: Option<bool>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// Whether a scheduled room has begun.
        pub room_status: Option<RoomStatus>,
        /// When a scheduled room begins, in Unix seconds.
        pub schedule_start_time: Option<u64>,
        /// When a scheduled room ends, in Unix seconds.
        pub schedule_end_time: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
    }
}

wire_names! {
    /// A kind of room.
    pub enum RoomType {
        /// A meeting.
        Meeting = "Meeting",
        /// A live broadcast.
        Live = "Live",
    }
}

wire_names! {
    /// Whether a scheduled room has begun.
    pub enum RoomStatus {
        /// It is not scheduled.
        None = "None",
        /// It has not.
        NotStarted = "NotStarted",
        /// It has.
        Running = "Running",
    }
}

wire_names! {
    /// How a member of a room comes by a seat.
    pub enum TakeSeatMode {
        /// There are no seats to take.
        None = "None",
        /// Anybody may sit down.
        FreeToTake = "FreeToTake",
        /// The host decides.
        ApplyToTake = "ApplyToTake",
    }
}
