//! Express: voice calls, video calls and live streaming.
//!
//! `room_create` and `room_close` contain numbers, `room_login` and `room_logout` only strings;
//! both forms are read. Sessions are numbers above 2^53. Callbacks arrive in any order, and
//! [`Life`] handles that. `CloseRoom` of the server API causes a [`RoomClosed`] only if the call
//! asks for it.
//!
//! ```
//! use room_hooks::{Verified, zego::express::{UserLoggedIn, UserRole}};
//!
//! async fn on_login(login: Verified<UserLoggedIn>) {
//!     // A recording or moderation robot is not a participant.
//!     if login.event.user_role != Some(UserRole::Robot) {
//!         println!("{:?} entered {}", login.event.user_account, login.event.room_id);
//!     }
//! }
//! ```

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
        /// The session. It changes when the room is destroyed and created again.
        pub room_session_id: Option<u64>,
        /// When the room was created, in Unix milliseconds; on the wire a string.
        pub room_create_time: Option<u64>,
        /// The user who created the room.
        pub id_name: Option<String>,
    }
}

wire_struct! {
    /// A room was closed: Express's
    /// [`room_close`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/destroyed).
    pub struct RoomClosed {
        /// The room's id.
        pub room_id: String,
        /// The session that ended.
        pub room_session_id: Option<u64>,
        /// Why the room was closed.
        pub close_reason: Option<CloseReason>,
        /// When the room was closed, in Unix milliseconds; on the wire a string.
        pub room_close_time: Option<u64>,
    }
}

wire_codes! {
    /// Why a room was closed.
    pub enum CloseReason in zego::express {
        /// The room was closed normally.
        Normal = 0,
        /// The last user's heartbeat timed out.
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
        /// The room's session, called `room_session_id` in other callbacks.
        pub room_seq: Option<u64>,
        /// The user's id.
        pub user_account: Option<String>,
        /// The user's name.
        pub user_nickname: Option<String>,
        /// The user's session. It is 0 in older callbacks.
        pub session_id: Option<u64>,
        /// When the user logged in, in Unix milliseconds.
        pub login_time: Option<u64>,
        /// The user's role. For users of the Express SDK, only [`UserRole::Robot`] is meaningful.
        pub user_role: Option<UserRole>,
        /// How the user was authenticated: 0 without a token, otherwise the token's version, 1 to
        /// 4.
        pub auth_level: Option<String>,
        /// Whether the user reconnected after losing the connection; on the wire `"0"` or `"1"`.
        #[serde(serialize_with = "macros::as_digit")]
        pub relogin: Option<bool>,
        /// The number of changes to the room's user list so far, including this one.
        pub user_update_seq: Option<u64>,
        /// The data that the app passed when it logged the user in.
        pub callback_data: Option<String>,
        /// The kind of device; absent in older callbacks.
        pub term_type: Option<TermType>,
    }
}

wire_struct! {
    /// A user logged out of a room: Express's
    /// [`room_logout`](https://www.zegocloud.com/docs/real-time-video-server/callback/room/logged-out).
    pub struct UserLoggedOut {
        /// The room's id.
        pub room_id: String,
        /// The room's session, called `room_session_id` in other callbacks.
        pub room_seq: Option<u64>,
        /// The user's id.
        pub user_account: Option<String>,
        /// The user's name.
        pub user_nickname: Option<String>,
        /// The user's session. It is 0 in older callbacks.
        pub session_id: Option<u64>,
        /// When the user logged in, in Unix milliseconds.
        pub login_time: Option<u64>,
        /// When the user logged out, in Unix milliseconds.
        pub logout_time: Option<u64>,
        /// Why the user was logged out.
        pub reason: Option<LogoutReason>,
        /// The user's role. For users of the Express SDK, only [`UserRole::Robot`] is meaningful.
        pub user_role: Option<UserRole>,
        /// The number of changes to the room's user list so far, including this one.
        pub user_update_seq: Option<u64>,
    }
}

wire_codes! {
    /// A user's role.
    pub enum UserRole in zego::express {
        /// The host, in LiveRoom.
        Host = 1,
        /// A member of the audience, in LiveRoom.
        Audience = 2,
        /// A robot that records or moderates the room. Exclude it when you count users.
        Robot = 4,
    }
}

wire_codes! {
    /// A user's kind of device.
    pub enum TermType in zego::express {
        /// The device is not specified.
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
        /// A device that ZEGO does not know.
        NotKnown = 32,
    }
}

wire_codes! {
    /// Why a user was logged out of a room.
    pub enum LogoutReason in zego::express {
        /// The user logged out normally.
        Normal = 0,
        /// The heartbeat timed out.
        HeartbeatTimeout = 1,
        /// The connection was lost.
        Disconnected = 2,
        /// The user was removed, or logged in elsewhere.
        KickedOut = 3,
        /// The token expired.
        TokenExpired = 4,
    }
}
