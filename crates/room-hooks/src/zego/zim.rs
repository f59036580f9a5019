//! In-app Chat (ZIM).

use serde::Serializer;

use crate::{catalogue::About, wire::wire_struct};

wire_struct! {
    /// A room was created: ZIM's
    /// [`room_create`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-created).
    pub struct RoomCreated {
        /// The room's id: up to 32 characters, spaces and signs such as `%` and `+` among them.
        pub room_id: String,
        /// The user who created it.
        pub operator_account: Option<String>,
        /// The room's name.
        pub room_name: Option<String>,
        /// The attributes that it was created with.
        pub attributes: Vec<RoomAttribute>,
    }
}

wire_struct! {
    /// One attribute of a room.
    pub struct RoomAttribute {
        /// The attribute's name.
        pub key: String,
        /// The attribute's value.
        pub value: String,
        /// Whether the attribute goes when the user who set it leaves the room; on the wire 0 or 1.
        #[serde(default, serialize_with = "as_digit")]
        pub auto_delete: bool,
    }
}

/// ZIM tells only when a callback was sent, and nothing of a room's several lives.
impl About for RoomCreated {
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_id)
    }

    fn operator(&self) -> Option<&str> {
        self.operator_account.as_deref()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_digit<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8((*flag).into())
}
