//! In-app Chat (ZIM): four room events. They carry only the time of sending, not the time when they
//! happened, and nothing that distinguishes successive rooms with the same id.

use crate::event::macros::{self, wire_names, wire_struct};

wire_struct! {
    /// A room was created: ZIM's
    /// [`room_create`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-created).
    pub struct RoomCreated {
        /// The room's id: up to 32 characters, which may include spaces and symbols such as `%` and
        /// `+`.
        pub room_id: String,
        /// The user who created the room.
        pub operator_account: Option<String>,
        /// The room's name.
        pub room_name: Option<String>,
        /// The room's initial attributes.
        pub attributes: Vec<RoomAttribute>,
    }
}

wire_struct! {
    /// One attribute of a room.
    pub struct RoomAttribute {
        /// The attribute's name.
        pub key: String = default,
        /// The attribute's value.
        pub value: String = default,
        /// Whether the attribute is deleted when the room's `operator_account` leaves; on the wire
        /// 0 or 1.
        #[serde(serialize_with = "macros::as_digit")]
        pub auto_delete: bool = default,
    }
}

wire_struct! {
    /// A user entered a room: ZIM's
    /// [`room_enter`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-entered).
    pub struct RoomEntered {
        /// The room's id.
        pub room_id: String,
        /// The user who entered.
        pub operator_account: Option<String>,
        /// The users who entered, in an older form of the callback.
        pub new_user_ids: Vec<String>,
    }
}

wire_struct! {
    /// Users left a room: ZIM's
    /// [`room_exit`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-left).
    pub struct RoomExited {
        /// The room's id.
        pub room_id: String,
        /// How the users left.
        pub exit_type: Option<ExitType>,
        /// The user who removed the others. If the users left on their own, the value has no
        /// meaning; ZEGO's pages disagree about it.
        pub operator_account: Option<String>,
        /// The users who left.
        pub exit_user_ids: Vec<String>,
    }
}

wire_names! {
    /// How users leave a room.
    pub enum ExitType in zego {
        /// The users left on their own.
        Quit = "Quit",
        /// Another user removed the users.
        Kickout = "Kickout",
    }
}

wire_struct! {
    /// A room was destroyed: ZIM's
    /// [`room_destroy`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-destroyed).
    pub struct RoomDestroyed {
        /// The room's id.
        pub room_id: String,
        /// All users who were in the room; there can be thousands.
        pub user_ids: Vec<String>,
        /// The user who destroyed the room. Absent or empty if the room was destroyed because the
        /// last user left.
        pub operator_account: Option<String>,
    }
}

impl RoomEntered {
    /// The user who entered, in either form of the callback.
    pub(super) fn user(&self) -> Option<&str> {
        let operator = self.operator_account.as_deref().filter(|user| !user.is_empty());
        operator.or_else(|| only(&self.new_user_ids))
    }
}

impl RoomExited {
    /// The user who removed the others, or the only user who left.
    pub(super) fn user(&self) -> Option<&str> {
        match self.exit_type {
            Some(ExitType::Quit) => only(&self.exit_user_ids),
            _ => self.operator_account.as_deref(),
        }
    }
}

/// The user in a list with exactly one.
fn only(users: &[String]) -> Option<&str> {
    match users {
        [user] => Some(user),
        _ => None,
    }
}
