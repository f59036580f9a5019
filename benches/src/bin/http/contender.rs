/// A framework with an adapter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    Axum,
    Actix,
    Warp,
}

/// One way to receive an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The framework's own typed JSON without verification, the baseline for all others.
    Bare,
    /// Our extractor or filter.
    Extractor,
    /// Our hooks, which handle each delivery once.
    Hooks,
    /// Our hooks, which store each event in a file before they respond.
    Inbox,
    /// Another crate's extractor, for another sender's signatures.
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

    /// The label of a variant in the table.
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
