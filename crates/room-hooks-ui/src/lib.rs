//! Pages for operators, as axum routers.

mod access;
mod layout;

/// What the pages of the program are made of, too. Not for other crates: it changes without notice.
#[doc(hidden)]
pub mod parts {
    pub use crate::{
        access::Access,
        layout::{Page, Site, problem},
    };
}
