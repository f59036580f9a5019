//! Web pages for operators of a [`room_hooks`] inbox, as axum routers.
//!
//! [`inbox_page`] shows how many events wait, which events are dead and why, and each event with
//! its payload. Operators can retry and discard events there. Mount it **behind your own login**:
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Router, middleware::from_fn};
//! use room_hooks::inbox::InboxStore;
//! use room_hooks_ui::inbox_page;
//!
//! # use axum::{extract::Request, middleware::Next, response::Response};
//! # async fn require_login(request: Request, next: Next) -> Response { next.run(request).await }
//! fn app(inbox: Arc<dyn InboxStore>) -> Router {
//!     let page = inbox_page(inbox, ["admin.example.com"]);
//!     Router::new().nest("/inbox", page.layer(from_fn(require_login)))
//! }
//! ```
//!
//! * An app that uses `room-hooks-axum` does not need this crate: the feature `inbox-ui` re-exports
//!   [`inbox_page`].
//! * Without an app, `room-hooks inbox ui` serves the same page on your own machine.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod inbox;
mod layout;

pub use inbox::inbox_page;

/// Parts that the `room-hooks` program also uses. Not for other crates: they change without notice.
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
