//! Broadcasts and what is said of them.

use crate::{
    event::macros::{wire_names, wire_struct},
    tencent::{RoomStatus, RoomType, TakeSeatMode},
};

wire_struct! {
    /// A room was created: Tencent's
    /// [`Live.CallbackAfterCreateRoom`](https://trtc.io/document/64422).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomCreated {
        /// The user who created it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was created, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room was destroyed: Tencent's
    /// [`Live.CallbackAfterDestroyRoom`](https://trtc.io/document/64423).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomDestroyed {
        /// The user who destroyed it; `@TIM#SYSTEM` if it was the system.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// Who destroyed it; on the wire `EventType`.
        #[serde(rename = "EventType")]
        pub destroy_type: Option<DestroyType>,
        /// The room as it was.
        pub room_info: Option<RoomInfo>,
        /// What there was in it.
        pub statistic: Option<Statistics>,
        /// When it was destroyed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// The information of a room was changed: Tencent's
    /// [`Live.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/67938).
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfoUpdated {
        /// The user who changed it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room and what is said of it.
        pub room_info: RoomInfo,
        /// When it was changed, in Unix milliseconds; on some pages inside `RoomInfo`.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// What a callback says of a room of Live. All of it may be absent, the id too where the event has
    /// it already.
    #[serde(rename_all = "PascalCase")]
    pub struct RoomInfo {
        /// The room's id.
        pub room_id: Option<String>,
        /// The room's name.
        pub room_name: Option<String>,
        /// The kind of room.
        pub room_type: Option<RoomType>,
        /// The user who owns the room; also seen as a number.
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
        /// Whether the room may not be recorded in the cloud.
        pub is_cloud_recording_disabled: Option<bool>,
        /// Whether the room is in the public list.
        pub is_public_visible: Option<bool>,
        /// Whether any number of users may enter.
        pub is_unlimited_room_enabled: Option<bool>,
        /// The URL of the cover.
        #[serde(rename = "CoverURL")]
        pub cover_url: Option<String>,
        /// The URL of the background.
        #[serde(rename = "BackgroundURL")]
        pub background_url: Option<String>,
        /// The app's own numbers for what kind of broadcast it is.
        pub category: Vec<i64>,
        /// The app's own number for the room's state.
        pub activity_status: Option<i64>,
        /// The app's own text about the room.
        pub custom_info: Option<String>,
        /// The number of viewers.
        pub view_count: Option<u64>,
        /// Whether a scheduled broadcast has begun.
        pub room_status: Option<RoomStatus>,
        /// When a scheduled broadcast begins, in Unix seconds.
        pub schedule_start_time: Option<u64>,
        /// When a scheduled broadcast ends, in Unix seconds.
        pub schedule_end_time: Option<u64>,
        /// When the room was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When the event happened, in Unix milliseconds, on the pages that have it here.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// What there was in a broadcast.
    #[serde(rename_all = "PascalCase")]
    pub struct Statistics {
        /// How many viewed it.
        pub total_viewers: Option<u64>,
        /// How many gifts were sent.
        pub total_gifts_sent: Option<u64>,
        /// What they were worth, in coins.
        pub total_gift_coins: Option<u64>,
        /// How many sent some.
        pub total_unique_gift_senders: Option<u64>,
        /// How many likes there were.
        pub total_likes_received: Option<u64>,
    }
}

wire_names! {
    /// Who destroys a room.
    pub enum DestroyType {
        /// A user.
        User = "DestroyByUser",
        /// The system, because nobody was in it.
        System = "DestroyBySystem",
    }
}
