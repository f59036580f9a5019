//! Battles: the hosts of two rooms or more compete for a while.

use crate::event::macros::{wire_codes, wire_struct};

wire_struct! {
    /// A battle was created: Tencent's
    /// [`Live.CallbackAfterCreateBattle`](https://trtc.io/document/68259).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleCreated {
        /// The user who created it.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that asks for it.
        pub from_room_id: Option<String>,
        /// The rooms that are asked.
        pub to_room_id_list: Vec<String>,
        /// How long the rooms that are asked may take to agree, in milliseconds.
        pub timeout: Option<u64>,
        /// How long the battle is, in milliseconds.
        pub duration: Option<u64>,
        /// Whether the rooms that are asked have to agree.
        pub need_response: Option<bool>,
        /// The app's own text about it.
        pub extension_info: Option<String>,
        /// When it was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A battle has begun: Tencent's
    /// [`Live.CallbackAfterStartBattle`](https://trtc.io/document/68260).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleStarted {
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that asked for it; its id is the event's `room_id()`.
        pub from_room_info: Option<BattleRoom>,
        /// The rooms that were asked.
        pub to_room_list: Vec<BattleRoom>,
        /// How long the battle is, in milliseconds.
        pub duration: Option<u64>,
        /// When it was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When it began, in Unix seconds.
        pub start_time: Option<u64>,
        /// When the callback was made, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A battle is over: Tencent's
    /// [`Live.CallbackAfterEndBattle`](https://trtc.io/document/68261).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleEnded {
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that asked for it; its id is the event's `room_id()`.
        pub from_room_info: Option<BattleRoom>,
        /// The rooms that were asked.
        pub to_room_list: Vec<BattleRoom>,
        /// How it ended; on the wire `OpType`.
        #[serde(rename = "OpType")]
        pub end: Option<BattleEnd>,
        /// How long the battle was to be, in milliseconds.
        pub duration: Option<u64>,
        /// When it was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When it began, in Unix seconds.
        pub start_time: Option<u64>,
        /// When it ended, in Unix seconds.
        pub end_time: Option<u64>,
        /// When the callback was made, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room in a battle.
    #[serde(rename_all = "PascalCase")]
    pub struct BattleRoom {
        /// The room's id.
        pub room_id: Option<String>,
        /// The user who owns it; also seen as a number.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// Its score, once the battle is over.
        pub score: Option<i64>,
    }
}

wire_codes! {
    /// How a battle ends.
    pub enum BattleEnd {
        /// Its time was up.
        TimeUp = 0,
        /// All hosts left it.
        AllLeft = 1,
        /// It never began, since nobody joined.
        NobodyJoined = 2,
    }
}
