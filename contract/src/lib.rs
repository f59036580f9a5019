//! The contract that every room-hooks adapter must fulfill.
//!
//! `cases/*.toml` define requests and the expected results; `case.rs` documents an entry.
//! `fixture.rs` turns the core's event fixtures into further cases. An adapter joins with a small
//! [`Driver`] in `tests/`, which serves it on a real socket. It then receives every case in every
//! [`Way`] that it supports. This crate itself depends on no framework.

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

/// The examples of the README and of the pages in `docs`, which must compile and, where they can,
/// run.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/faq.md")]
    mod faq {}
    #[doc = include_str!("../../docs/getting-started.md")]
    mod getting_started {}
    #[doc = include_str!("../../docs/inbox.md")]
    mod inbox {}
    #[doc = include_str!("../../docs/migrating.md")]
    mod migrating {}
    #[doc = include_str!("../../docs/operating.md")]
    mod operating {}
    #[doc = include_str!("../../docs/questions.md")]
    mod questions {}
    #[doc = include_str!("../../docs/recipes.md")]
    mod recipes {}
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
}

#[cfg(test)]
mod tests {
    use room_hooks::testing::samples;

    #[test]
    fn the_readme_has_the_number_of_events_and_every_module_of_them() {
        let readme = include_str!("../../README.md");
        let count = format!("{} events and", samples().count());
        assert!(readme.contains(&count), "{count}");
        for sample in samples() {
            let (module, name) = sample.type_name.rsplit_once("::").unwrap();
            let row = readme.lines().find(|line| line.contains(&format!("| `{module}` |")));
            let row = row.unwrap_or_else(|| panic!("{module} has no row"));
            assert!(row.contains(&format!("`{name}`")) || row.contains('…'), "{name}");
        }
    }
}
