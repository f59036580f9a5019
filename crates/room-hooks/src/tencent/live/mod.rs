//! Live broadcasts: `Live.*`, eleven events.

mod battle;
mod member;
mod metadata;
mod room;

pub use self::battle::{BattleCreated, BattleEnd, BattleEnded, BattleRoom, BattleStarted};
pub use self::member::{
    AdminModified, AdminOperation, Member, MemberState, MemberStateChanged, OwnerChanged,
    StateCause,
};
pub use self::metadata::{MetadataDeleted, MetadataEntry, MetadataSet};
pub use self::room::{
    DestroyType, RoomCreated, RoomDestroyed, RoomInfo, RoomInfoUpdated, Statistics,
};
