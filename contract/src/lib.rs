//! The contract that every adapter of room-hooks is held to.
//!
//! `cases/*.toml` says what is sent and what must come of it; `case.rs` is the form of an entry.
//! The core's fixtures of events are cases as well, which `fixture.rs` makes of them. An adapter
//! joins with a [`Driver`] of some 50 lines in `tests/`, which serves it on a real socket, and is
//! sent every case in every [`Way`] that it has. Nothing in here knows a framework.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod case;
mod client;
mod contract;
mod delivery;
mod fixture;
mod nesting;
mod receivers;
mod seen;
mod server;
pub mod signature;

pub use contract::{Driver, Mount, Way, run};
pub use seen::Seen;
pub use server::serve_until;

/// The README's examples, so that they compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The tests that users are shown, so that they pass.
#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;
