//! Broadcasts, and information about them.

use crate::{
    event::macros::{wire_names, wire_struct},
    tencent::{RoomStatus, RoomType, TakeSeatMode},
};

wire_struct! {
    /// A room was created: Tencent's
    /// [`Live.CallbackAfterCreateRoom`](https://trtc.io/document/64422).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The user who created the room.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room.
        pub room_info: RoomInfo,
        /// When the room was created, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room was destroyed: Tencent's
    /// [`Live.CallbackAfterDestroyRoom`](https://trtc.io/document/64423).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDestroyed {
        /// The user who destroyed the room; `@TIM#SYSTEM` if the system did.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// Whether a user or the system destroyed the room; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub destroy_type: Option<DestroyType>,
        /// The room before it was destroyed.
        pub room_info: Option<RoomInfo>,
        /// The broadcast's statistics.
        pub statistic: Option<Statistics>,
        /// When the room was destroyed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// The information about a room was changed: Tencent's
    /// [`Live.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/67938).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed the room.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room.
        pub room_info: RoomInfo,
        /// When the room was changed, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Information about a live room. Every field may be absent, including the id if the event has
    /// it elsewhere.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: Option<String>,
        /// The room's name.
        pub room_name: Option<String>,
        /// The kind of room.
        pub room_type: Option<RoomType>,
        /// The user who owns the room; on the wire sometimes a number.
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
        /// Whether cloud recording is disabled.
        pub is_cloud_recording_disabled: Option<bool>,
        /// Whether the room is in the public list.
        pub is_public_visible: Option<bool>,
        /// Whether the number of users is unlimited.
        pub is_unlimited_room_enabled: Option<bool>,
        /// The URL of the cover image.
        #[serde(rename = "CoverURL")]
        pub cover_url: Option<String>,
        /// The URL of the background image.
        #[serde(rename = "BackgroundURL")]
        pub background_url: Option<String>,
        /// The broadcast's categories, which are the app's own numbers.
        pub category: Vec<i64>,
        /// The room's state, which is the app's own number.
        pub activity_status: Option<i64>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// The number of viewers.
        pub view_count: Option<u64>,
        /// Whether a scheduled broadcast has started.
        pub room_status: Option<RoomStatus>,
        /// When a scheduled broadcast starts, in Unix seconds.
        pub schedule_start_time: Option<u64>,
        /// When a scheduled broadcast ends, in Unix seconds.
        pub schedule_end_time: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When the event happened, in Unix milliseconds, on pages that have the time here.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A broadcast's statistics.
    #[serde(rename_all = "PascalCase")]
    pub struct Statistics {
        /// The number of viewers.
        pub total_viewers: Option<u64>,
        /// The number of gifts.
        pub total_gifts_sent: Option<u64>,
        /// The value of the gifts, in coins.
        pub total_gift_coins: Option<u64>,
        /// The number of users who sent gifts.
        pub total_unique_gift_senders: Option<u64>,
        /// The number of likes.
        pub total_likes_received: Option<u64>,
    }
}

wire_names! {
    /// Whether a user or the system destroyed a room.
    pub enum DestroyType in tencent::live {
        /// A user.
        User = "DestroyByUser",
        /// The system, because the room was empty.
        System = "DestroyBySystem",
    }
}
