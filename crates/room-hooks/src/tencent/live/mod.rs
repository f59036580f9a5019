//! Live broadcasts (`Live.*`): twelve events and a question.
//!
//! ```
//! use room_hooks::{Verified, tencent::live::{DestroyType, RoomDestroyed}};
//!
//! async fn on_destroyed(destroyed: Verified<RoomDestroyed>) {
//!     if destroyed.event.destroy_type == Some(DestroyType::System) {
//!         println!("{} was empty and is closed", destroyed.event.room_id);
//!     }
//!     if let Some(statistics) = &destroyed.event.statistic {
//!         println!("{:?} viewers", statistics.total_viewers);
//!     }
//! }
//! ```

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
