//! Battles: the hosts of two or more rooms compete for a limited time.

use crate::event::macros::{wire_codes, wire_struct};

wire_struct! {
    /// A battle was created: Tencent's
    /// [`Live.CallbackAfterCreateBattle`](https://trtc.io/document/68259).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleCreated {
        /// The user who created the battle.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that requests the battle.
        pub from_room_id: Option<String>,
        /// The rooms that receive the request.
        pub to_room_id_list: Vec<String>,
        /// How long the other rooms have to accept the request, in milliseconds.
        pub timeout: Option<u64>,
        /// The battle's duration, in milliseconds.
        pub duration: Option<u64>,
        /// Whether the other rooms must accept the request.
        pub need_response: Option<bool>,
        /// The app's own text about the battle.
        pub extension_info: Option<String>,
        /// When the battle was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A battle started: Tencent's
    /// [`Live.CallbackAfterStartBattle`](https://trtc.io/document/68260).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleStarted {
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that requested the battle; its id is the event's `room_id()`.
        pub from_room_info: Option<BattleRoom>,
        /// The rooms that received the request.
        pub to_room_list: Vec<BattleRoom>,
        /// The battle's duration, in milliseconds.
        pub duration: Option<u64>,
        /// When the battle was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When the battle started, in Unix seconds.
        pub start_time: Option<u64>,
        /// When the callback was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A battle ended: Tencent's [`Live.CallbackAfterEndBattle`](https://trtc.io/document/68261).
    #[serde(rename_all = "PascalCase")]
    pub struct BattleEnded {
        /// The battle's id.
        pub battle_id: Option<String>,
        /// The room that requested the battle; its id is the event's `room_id()`.
        pub from_room_info: Option<BattleRoom>,
        /// The rooms that received the request.
        pub to_room_list: Vec<BattleRoom>,
        /// How the battle ended; on the wire `OpType`.
        #[serde(rename = "OpType")]
        pub end: Option<BattleEnd>,
        /// The battle's planned duration, in milliseconds.
        pub duration: Option<u64>,
        /// When the battle was created, in Unix seconds.
        pub create_time: Option<u64>,
        /// When the battle started, in Unix seconds.
        pub start_time: Option<u64>,
        /// When the battle ended, in Unix seconds.
        pub end_time: Option<u64>,
        /// When the callback was created, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room in a battle.
    #[serde(rename_all = "PascalCase")]
    pub struct BattleRoom {
        /// The room's id.
        pub room_id: Option<String>,
        /// The user who owns the room; on the wire sometimes a number.
        #[serde(rename = "Owner_Account")]
        pub owner_account: Option<String>,
        /// The room's score, once the battle has ended.
        pub score: Option<i64>,
    }
}

wire_codes! {
    /// How a battle ended.
    pub enum BattleEnd in tencent::live {
        /// The time was up.
        TimeUp = 0,
        /// All hosts left.
        AllLeft = 1,
        /// The battle never started, because no other host joined.
        NobodyJoined = 2,
    }
}
