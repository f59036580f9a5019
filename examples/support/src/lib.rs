//! Code that the examples share. Each example shows only how its framework mounts hooks, serves and
//! shuts down.
//!
//! `handlers.rs` has the event handlers. `rooms.rs` has the hooks, and shows two ways to handle
//! events with the same handlers: directly, or through an inbox.

mod environment;
mod handlers;
mod process;
mod rooms;

pub use environment::{open_inbox, setting};
pub use handlers::EventHandlers;
pub use process::{announce, grace_period, log_to_stderr, shutdown_signal};
pub use rooms::Rooms;
