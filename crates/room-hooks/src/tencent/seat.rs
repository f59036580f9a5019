//! Seats of rooms: `Mic.*`.

use crate::event::macros::wire_struct;

wire_struct! {
    /// The seats of a room changed: Tencent's
    /// [`Mic.CallbackAfterSeatInfoChanged`](https://trtc.io/document/60736), also for
    /// [Live](https://trtc.io/document/64425).
    #[serde(rename_all = "PascalCase")]
    pub struct SeatInfoChanged {
        /// The user who changed the seats; absent in Live.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The seats.
        pub seat_list: Vec<Seat>,
        /// When the seats changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A seat of a room.
    #[serde(rename_all = "PascalCase")]
    pub struct Seat {
        /// The seat's number.
        pub index: Option<u64>,
        /// The user in the seat: on the wire a string, a number, empty or absent. See
        /// [`member`](Self::member).
        #[serde(rename = "Member_Account")]
        pub member_account: Option<String>,
        /// Whether the seat is locked.
        pub is_taken_disabled: Option<bool>,
        /// Whether the seat's video is off.
        pub is_video_disabled: Option<bool>,
        /// Whether the seat's audio is off.
        pub is_audio_disabled: Option<bool>,
    }
}

impl Seat {
    /// The user in the seat; `None` if the seat is free.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member_account.as_deref().filter(|user| !user.is_empty())
    }
}
