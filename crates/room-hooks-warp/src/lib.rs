//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in warp.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use room_hooks_warp::{Hooks, Verified, filter, zego::{self, Zego}};
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = warp::path!("hooks" / "zego").and(filter(hooks));
//!     warp::serve(app).run(([127, 0, 0, 1], 3000)).await;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! There are two ways to receive callbacks. With both, unsigned, stale or malformed requests never
//! reach your code.
//!
//! * [`filter()`], which is recommended, turns [`Hooks`] into a filter: typed handlers, called once
//!   per delivery.
//! * [`room_hook`] is a filter that extracts the event or question, for handlers that reply
//!   themselves: to an event with [`Ack`], to a question with [`Answer`]. It needs [`recover`].
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
//! | `hooks` (default) | [`Hooks`], [`Handlers`], [`filter()`], [`hook_request`] and [`tencent_filter`] |
//! | `inbox` | [`inbox`]: each event is stored before its sender gets a response, and a worker handles it |
//! | `metrics` | counters and timings through the `metrics` crate |
//! | `testing` | [`testing`]: signs callbacks as the providers do, for tests of your handlers |
//!
//! # Body limits and request logs
//!
//! The receiver's limit and timeout apply to the body.
//!
//! Tencent's query contains the signature. `warp::log` does not write the query. Leave it out of a
//! `warp::log::custom`, too.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "inbox", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links, reason = "the links above need these features")
)]
#![forbid(unsafe_code)]

#[cfg(feature = "hooks")]
mod filter;
mod reply;
mod request;
mod room_hook;

#[cfg(feature = "hooks")]
pub use filter::{HookRequest, filter, hook_request, tencent_filter};
pub use reply::{Ack, Answer};
pub use room_hook::{RoomHookRejection, recover, room_hook};
pub use room_hooks::*;
pub use room_hooks_tower::adapter;

#[cfg(all(doctest, feature = "hooks"))]
#[doc = include_str!("../README.md")]
struct Readme;
