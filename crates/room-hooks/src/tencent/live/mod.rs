//! Live broadcasts: `Live.*`, twelve events and a question.

mod battle;
mod gift;
mod member;
mod metadata;
mod recording;
mod room;

pub use self::battle::{BattleCreated, BattleEnd, BattleEnded, BattleRoom, BattleStarted};
pub use self::gift::{BeforeSendGift, GiftWater};
pub use self::member::{
    AdminModified, AdminOperation, MemberStateChanged, OwnerChanged, StateCause,
};
pub use self::metadata::{MetadataDeleted, MetadataEntry, MetadataSet};
pub use self::recording::CloudRecordingChanged;
pub use self::room::{
    DestroyType, RoomCreated, RoomDestroyed, RoomInfo, RoomInfoUpdated, Statistics,
};
