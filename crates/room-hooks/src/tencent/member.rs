use crate::event::macros::{wire_names, wire_struct};

wire_struct! {
    /// A user in a list of members.
    pub struct Member {
        /// The user.
        #[serde(rename = "Member_Account")]
        pub member_account: String = default,
    }
}

wire_names! {
    /// Whether a user is there.
    pub enum MemberState {
        /// Yes.
        Online = "Online",
        /// No.
        Offline = "Offline",
    }
}
