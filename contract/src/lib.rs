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
mod driver;
mod fixture;
mod inbox;
mod nesting;
mod questions;
mod receivers;
mod seen;
mod server;
pub mod signature;
mod tenants;

pub use contract::{run, run_behind_proxy};
pub use driver::{Decide, Driver, Mount, Way};
pub use receivers::{TENCENT_TOKEN, TRTC_KEY, ZEGO_SECRET};
pub use seen::Seen;
pub use server::serve_until;

/// The README's examples, so that they compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The recipes, so that they compile and, where they can, run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/inbox.md")]
struct Inbox;

#[cfg(doctest)]
#[doc = include_str!("../../docs/recipes.md")]
struct Recipes;

/// The tests that users are shown, so that they pass.
#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;

#[cfg(test)]
mod tests {
    use room_hooks::testing::samples;

    #[test]
    fn the_readme_has_the_number_of_events_and_every_module_of_them() {
        let readme = include_str!("../../README.md");
        let count = format!("\n{} events have one:", samples().count());
        assert!(readme.contains(&count), "{count}");
        for sample in samples() {
            let (module, name) = sample.type_name.rsplit_once("::").unwrap();
            let row = readme.lines().find(|line| line.starts_with(&format!("| `{module}` ")));
            let row = row.unwrap_or_else(|| panic!("{module} has no row"));
            assert!(row.contains(&format!("`{name}`")) || row.contains('…'), "{name}");
        }
    }
}
