//! Metadata: the app's own keys and values for a room.

use crate::event::macros::wire_struct;

wire_struct! {
    /// A room's metadata was set: Tencent's
    /// [`Live.CallbackAfterSetMetadata`](https://trtc.io/document/68222).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataSet {
        /// The user who set the metadata.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The entries that were set.
        pub metadata: Vec<MetadataEntry>,
        /// When the metadata was set, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// A room's metadata was deleted: Tencent's
    /// [`Live.CallbackAfterDelMetadata`](https://trtc.io/document/68223).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataDeleted {
        /// The user who deleted the metadata.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The keys that were deleted.
        pub keys: Vec<String>,
        /// When the metadata was deleted, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// An entry of a room's metadata.
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataEntry {
        /// The entry's key.
        pub key: String = default,
        /// The entry's value.
        pub value: String = default,
    }
}
