/// A framework that there is an adapter for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    Axum,
    Actix,
    Warp,
}

/// One way to take an event in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The framework's own typed JSON, not verified: what all others are compared with.
    Bare,
    /// Our extractor or filter.
    Extractor,
    /// Our hooks, which handle each delivery once.
    Hooks,
    /// Our hooks, which store each delivery in a file before they answer.
    Inbox,
    /// The extractor of another crate, for another sender's signatures.
    Peer,
}

impl Framework {
    pub const ALL: [Self; 3] = [Self::Axum, Self::Actix, Self::Warp];

    pub fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Warp => "warp",
        }
    }

    pub fn variants(self) -> &'static [Variant] {
        const OURS: &[Variant] =
            &[Variant::Bare, Variant::Extractor, Variant::Hooks, Variant::Inbox];
        const ALL: &[Variant] =
            &[Variant::Bare, Variant::Extractor, Variant::Hooks, Variant::Peer, Variant::Inbox];
        match self {
            Self::Axum | Self::Actix => ALL,
            Self::Warp => OURS,
        }
    }

    /// A variant as a reader of the table knows it.
    pub fn label(self, variant: Variant) -> &'static str {
        match (self, variant) {
            (Self::Axum, Variant::Bare) => "(a) `Json<RoomCreated>`, not verified",
            (Self::Actix, Variant::Bare) => "(a) `web::Json<RoomCreated>`, not verified",
            (Self::Warp, Variant::Bare) => "(a) `body::json::<RoomCreated>()`, not verified",
            (Self::Axum | Self::Actix, Variant::Extractor) => "(b) `RoomHook<RoomCreated>`",
            (Self::Warp, Variant::Extractor) => "(b) `room_hook::<RoomCreated>(…)`",
            (_, Variant::Hooks) => "(c) `Hooks` with `MemoryStore`",
            (_, Variant::Inbox) => "(e) `Hooks` with `SqliteInbox`",
            (Self::Axum, Variant::Peer) => "(d) axum-github-webhook-extract",
            (Self::Actix, Variant::Peer) => "(d) webhook-verify, then serde_json",
            (Self::Warp, Variant::Peer) => "(d) –",
        }
    }
}

impl Variant {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Extractor => "extractor",
            Self::Hooks => "hooks",
            Self::Inbox => "inbox",
            Self::Peer => "other",
        }
    }
}
