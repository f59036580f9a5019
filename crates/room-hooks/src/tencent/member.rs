use crate::event::macros::{wire_names, wire_struct};

wire_struct! {
    /// A user in a list of members.
    pub struct Member {
        /// The user's id.
        #[serde(rename = "Member_Account")]
        pub member_account: String = default,
    }
}

wire_names! {
    /// Whether a user is online.
    pub enum MemberState in tencent {
        /// The user is online.
        Online = "Online",
        /// The user is offline.
        Offline = "Offline",
    }
}
