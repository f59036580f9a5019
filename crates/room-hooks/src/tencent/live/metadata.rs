//! Metadata: the app's own names and values for a room.

use crate::event::macros::wire_struct;

wire_struct! {
    /// Metadata of a room were set: Tencent's
    /// [`Live.CallbackAfterSetMetadata`](https://trtc.io/document/68222).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataSet {
        /// The user who set them.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// What was set.
        pub metadata: Vec<MetadataEntry>,
        /// When it was set, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// Metadata of a room were deleted: Tencent's
    /// [`Live.CallbackAfterDelMetadata`](https://trtc.io/document/68223).
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataDeleted {
        /// The user who deleted them.
        #[serde(rename = "Operator_Account")]
        pub operator_account: Option<String>,
        /// The room's id.
        pub room_id: String,
        /// The names of what was deleted.
        pub keys: Vec<String>,
        /// When it was deleted, in Unix milliseconds.
        pub event_time: Option<u64>,
    }
}

wire_struct! {
    /// One of a room's metadata.
    #[serde(rename_all = "PascalCase")]
    pub struct MetadataEntry {
        /// Its name.
        pub key: String = default,
        /// Its value.
        pub value: String = default,
    }
}
