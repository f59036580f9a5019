//! Express: voice calls, video calls and live streaming.
//!
//! Room created and closed come with numbers, logged in and out with strings throughout; both are read
//! either way. Sessions are numbers above 2^53. Callbacks come in any order: [`Life`] sorts them.
//! `CloseRoom` by the server API sends no [`RoomClosed`] unless asked to.

mod life;
mod stream;

use crate::event::macros::{self, wire_codes, wire_struct};

pub use self::life::{Arrival, Life, Moment};
pub use self::stream::{Codec, StreamAttr, StreamCloseReason, StreamClosed, StreamCreated};

wire_struct! {
    /// A room was created: Express's
    /// [`room_create`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/created).
    pub struct RoomCreated {
        /// The room's id.
        pub room_id: String,
        /// The session: one life of the room, and another after it was destroyed and created again.
        pub room_session_id: Option<u64>,
        /// When it was created, in Unix milliseconds; on the wire a string.
        pub room_create_time: Option<u64>,
        /// The user who created it.
        pub id_name: Option<String>,
    }
}

wire_struct! {
    /// A room was closed: Express's
    /// [`room_close`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/destroyed).
    pub struct RoomClosed {
        /// The room's id.
        pub room_id: String,
        /// The session that has ended.
        pub room_session_id: Option<u64>,
        /// Why it was closed.
        pub close_reason: Option<CloseReason>,
        /// When it was closed, in Unix milliseconds; on the wire a string.
        pub room_close_time: Option<u64>,
    }
}

wire_codes! {
    /// Why a room was closed.
    pub enum CloseReason {
        /// In the normal way.
        Normal = 0,
        /// The last user's heartbeat ran out.
        HeartbeatTimeout = 1,
        /// The last user's connection was lost.
        Disconnected = 2,
        /// The last user was removed.
        KickedOut = 3,
    }
}

wire_struct! {
    /// A user logged in to a room: Express's
    /// [`room_login`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/logged-in).
    pub struct UserLoggedIn {
        /// The room's id.
        pub room_id: String,
        /// The room's name.
        pub room_name: Option<String>,
        /// The room's session; the `room_session_id` of other callbacks.
        pub room_seq: Option<u64>,
        /// The user's id.
        pub user_account: Option<String>,
        /// The user's name.
        pub user_nickname: Option<String>,
        /// The user's session. Older callbacks have 0 for all.
        pub session_id: Option<u64>,
        /// When the user logged in, in Unix milliseconds.
        pub login_time: Option<u64>,
        /// The user's role. Of users of the Express SDK, only [`UserRole::Robot`] means something.
        pub user_role: Option<UserRole>,
        /// How the user was authenticated: 0 without a token, otherwise the version of the token, 1 to 4.
        pub auth_level: Option<String>,
        /// Whether the user came back after losing the connection; on the wire `"0"` or `"1"`.
        #[serde(serialize_with = "macros::as_digit")]
        pub relogin: Option<bool>,
        /// The number of changes of the room's list of users, this one included.
        pub user_update_seq: Option<u64>,
        /// What the app passed when it logged the user in.
        pub callback_data: Option<String>,
        /// The kind of device, in newer callbacks.
        pub term_type: Option<TermType>,
    }
}

wire_struct! {
    /// A user logged out of a room: Express's
    /// [`room_logout`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/logged-out).
    pub struct UserLoggedOut {
        /// The room's id.
        pub room_id: String,
        /// The room's session; the `room_session_id` of other callbacks.
        pub room_seq: Option<u64>,
        /// The user's id.
        pub user_account: Option<String>,
        /// The user's name.
        pub user_nickname: Option<String>,
        /// The user's session. Older callbacks have 0 for all.
        pub session_id: Option<u64>,
        /// When the user had logged in, in Unix milliseconds.
        pub login_time: Option<u64>,
        /// When the user logged out, in Unix milliseconds.
        pub logout_time: Option<u64>,
        /// Why the user is out.
        pub reason: Option<LogoutReason>,
        /// The user's role. Of users of the Express SDK, only [`UserRole::Robot`] means something.
        pub user_role: Option<UserRole>,
        /// The number of changes of the room's list of users, this one included.
        pub user_update_seq: Option<u64>,
    }
}

wire_codes! {
    /// A user's role.
    pub enum UserRole {
        /// The host, in LiveRoom.
        Host = 1,
        /// In the audience, in LiveRoom.
        Audience = 2,
        /// A robot that records or moderates the room. Leave it out when you count users.
        Robot = 4,
    }
}

wire_codes! {
    /// A user's kind of device.
    pub enum TermType {
        /// Not given.
        NotGiven = 0,
        /// Windows.
        Pc = 1,
        /// iOS.
        Ios = 2,
        /// Android.
        Android = 3,
        /// macOS.
        Mac = 4,
        /// Linux.
        Linux = 5,
        /// A browser.
        Web = 6,
        /// A mini program.
        MiniProgram = 7,
        /// Not known to ZEGO.
        NotKnown = 32,
    }
}

wire_codes! {
    /// Why a user is out of a room.
    pub enum LogoutReason {
        /// In the normal way.
        Normal = 0,
        /// The heartbeat ran out.
        HeartbeatTimeout = 1,
        /// The connection was lost.
        Disconnected = 2,
        /// Removed, or logged in a second time elsewhere.
        KickedOut = 3,
        /// The token has expired.
        TokenExpired = 4,
    }
}
