//! Pages for operators, as axum routers.
//!
//! [`inbox_page`] shows what waits in an inbox and what failed, and retries and discards it. The adapter for axum exports
//! it under its feature `inbox-ui`; `room-hooks inbox ui` serves it on your own machine.

mod access;
mod inbox;
mod layout;

pub use inbox::inbox_page;

/// What the pages of the program are made of, too. Not for other crates: it changes without notice.
#[doc(hidden)]
pub mod parts {
    pub use crate::{
        access::Access,
        inbox::{
            Action, Pages, age, attempts, beginning, is_error, is_kind, is_room, rough, state, utc,
        },
        layout::{Page, Site, problem},
    };
}
