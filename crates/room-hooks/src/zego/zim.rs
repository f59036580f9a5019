//! In-app Chat (ZIM): four events. They tell neither when they happened, only when they were sent, nor
//! which of a room's lives they belong to.

use crate::event::macros::{self, wire_names, wire_struct};

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
        pub key: String = default,
        /// The attribute's value.
        pub value: String = default,
        /// Whether the attribute goes when the room's `operator_account` leaves it; on the wire 0 or 1.
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
        /// How they left.
        pub exit_type: Option<ExitType>,
        /// The user who removed the others. Where they left by themselves it says nothing; pages
        /// differ on what is in it then.
        pub operator_account: Option<String>,
        /// The users who left.
        pub exit_user_ids: Vec<String>,
    }
}

wire_names! {
    /// How users leave a room.
    pub enum ExitType {
        /// By themselves.
        Quit = "Quit",
        /// Another user removed them.
        Kickout = "Kickout",
    }
}

wire_struct! {
    /// A room was destroyed: ZIM's
    /// [`room_destroy`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-destroyed).
    pub struct RoomDestroyed {
        /// The room's id.
        pub room_id: String,
        /// All users who were in it; there can be thousands.
        pub user_ids: Vec<String>,
        /// The user who destroyed it. Absent or empty if it went because the last user left.
        pub operator_account: Option<String>,
    }
}

impl RoomEntered {
    /// The user who entered, in whichever form.
    pub(super) fn user(&self) -> Option<&str> {
        let operator = self.operator_account.as_deref().filter(|user| !user.is_empty());
        operator.or_else(|| only(&self.new_user_ids))
    }
}

impl RoomExited {
    /// The user who removed the others, or who left.
    pub(super) fn user(&self) -> Option<&str> {
        match self.exit_type {
            Some(ExitType::Quit) => only(&self.exit_user_ids),
            _ => self.operator_account.as_deref(),
        }
    }
}

/// The user of a list of one.
fn only(users: &[String]) -> Option<&str> {
    match users {
        [user] => Some(user),
        _ => None,
    }
}
