//! What the examples share, so that each shows only how its framework mounts hooks, serves and ends.
//!
//! Read `handlers.rs` for the handlers of events, and `rooms.rs` for the hooks: the two ways to handle an event,
//! directly or by way of an inbox, are side by side there, with the same handlers.

mod environment;
mod handlers;
mod process;
mod rooms;

pub use environment::{open_inbox, setting};
pub use handlers::EventHandlers;
pub use process::{announce, grace_period, log_to_stderr, shutdown_signal};
pub use rooms::Rooms;
