//! The seats of rooms: `Mic.*`.

use crate::event::macros::wire_struct;

wire_struct! {
    /// The seats of a room have changed: Tencent's
    /// [`Mic.CallbackAfterSeatInfoChanged`](https://trtc.io/document/60736), also of
    /// [Live](https://trtc.io/document/64425).
    #[serde(rename_all = "PascalCase")]
    pub struct SeatInfoChanged {
        /// The user who changed them; absent in Live.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The seats.
        pub seat_list: Vec<Seat>,
        /// When they changed, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A seat of a room.
    #[serde(rename_all = "PascalCase")]
    pub struct Seat {
        /// The seat's number.
        pub index: Option<u64>,
        /// The user on it: a string, a number, empty or absent on the wire; see
        /// [`member`](Self::member).
        #[serde(rename = "Member_Account")]
        pub member_account: Option<String>,
        /// Whether nobody may take it.
        pub is_taken_disabled: Option<bool>,
        /// Whether its video is off.
        pub is_video_disabled: Option<bool>,
        /// Whether its audio is off.
        pub is_audio_disabled: Option<bool>,
    }
}

impl Seat {
    /// The user on it, if there is one.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member_account.as_deref().filter(|user| !user.is_empty())
    }
}
