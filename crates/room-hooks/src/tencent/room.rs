//! Rooms and their seats: `Room.*` and `Mic.*`.

use std::time::{Duration, SystemTime};

use crate::{
    catalogue::About,
    freshness::at_unix,
    wire::{wire_names, wire_struct},
};

wire_struct! {
    /// The information of a room was changed: Tencent's
    /// [`Room.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/60731).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// What a callback says of a room. Tencent does not document whether all of it comes or only what
    /// changed, so everything but the id may be absent.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: String,
        /// The room's name.
        pub room_name: Option<String>,
        /// The user who hosts the room.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// How a member comes by a seat.
        pub take_seat_mode: Option<TakeSeatMode>,
        /// The most members that the room may have.
        pub max_member_count: Option<u64>,
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

impl About for RoomInfoUpdated {
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_info.room_id)
    }

    fn operator(&self) -> Option<&str> {
        self.operator_account.as_deref()
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        self.event_time.and_then(|millis| at_unix(Duration::from_millis(millis)))
    }
}
