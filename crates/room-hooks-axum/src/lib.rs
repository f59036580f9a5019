//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in axum.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use axum::Router;
//! use room_hooks_axum::{Hooks, Verified, handler, zego::{self, Zego}};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = Router::new().route("/hooks/zego", handler(hooks));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! There are three ways to receive callbacks. With each, unsigned, stale or malformed requests
//! never reach your code.
//!
//! * [`handler()`], which is recommended, turns [`Hooks`] into a route: typed handlers, called once
//!   per delivery.
//! * [`RoomHook`] is an extractor, for handlers that reply themselves: to an event with [`Ack`], to
//!   a question with [`Answer`].
//! * [`VerifyLayer`] guards routes, whether or not their handlers extract anything.
//!
//! This crate re-exports all of `room_hooks`, so an app needs no other dependency. The [repository]
//! has complete examples, recipes and documentation for operators.
//!
#![doc = concat!("[repository]: ", env!("CARGO_PKG_REPOSITORY"))]
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `hooks` (default) | [`Hooks`], [`Handlers`], [`handler()`], [`deliver`] and [`tencent_handler`] |
//! | `inbox` | [`inbox`]: each event is stored before its sender gets a response, and a worker handles it |
//! | `inbox-ui` | [`inbox_page`]: a page where operators inspect, retry and discard the events in an inbox |
//! | `metrics` | counters and timings through the `metrics` crate |
//! | `testing` | [`testing`]: signs callbacks as the providers do, for tests of your handlers |
//!
//! # Body limits and request logs
//!
//! The receiver's limit and timeout apply to the body. axum's `DefaultBodyLimit` does not. A limit
//! that wraps the body, such as tower-http's `RequestBodyLimit`, also applies, and a larger body
//! gets 413 from either.
//!
//! Tencent's query contains the signature, and most request loggers write the query. Configure
//! yours to write only the path.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "inbox-ui", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links, reason = "the links above need these features")
)]
#![forbid(unsafe_code)]

#[cfg(feature = "hooks")]
mod handler;
#[cfg(feature = "hooks")]
mod peer;
mod reply;
mod room_hook;
mod verify;

#[cfg(feature = "hooks")]
pub use handler::{deliver, handler, tencent_handler};
pub use reply::{Ack, Answer};
pub use room_hook::{RoomHook, RoomHookRejection};
pub use room_hooks::*;
pub use room_hooks_tower::{PeerAddr, adapter};
#[cfg(feature = "inbox-ui")]
pub use room_hooks_ui::inbox_page;
pub use verify::{Verify, VerifyLayer};

#[cfg(all(doctest, feature = "hooks"))]
#[doc = include_str!("../README.md")]
struct Readme;
