//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in actix-web.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use actix_web::{App, HttpServer};
//! use room_hooks_actix::{Hooks, Verified, resource, zego::{self, Zego}};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = move || App::new().service(resource("/hooks/zego", hooks.clone()));
//!     HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! There are three ways to receive callbacks. With each, unsigned, stale or malformed requests
//! never reach your code.
//!
//! * [`resource()`], which is recommended, turns [`Hooks`] into a resource: typed handlers, called
//!   once per delivery.
//! * [`RoomHook`] is an extractor, for handlers that reply themselves: to an event with [`Ack`], to
//!   a question with [`Answer`].
//! * [`Verify`] is a middleware that guards a scope, whether or not its handlers extract anything.
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
//! | `hooks` (default) | [`Hooks`], [`Handlers`], [`resource()`], [`deliver`] and [`tencent_resource`] |
//! | `inbox` | [`inbox`]: each event is stored before its sender gets a response, and a worker handles it |
//! | `metrics` | counters and timings through the `metrics` crate |
//! | `testing` | [`testing`]: signs callbacks as the providers do, for tests of your handlers |
//!
//! # Body limits and request logs
//!
//! The receiver's limit and timeout apply to the body. actix-web's `PayloadConfig` does not.
//!
//! Tencent's query contains the signature, and `middleware::Logger` writes the query by default.
//! Give it a format with `%U`, which is only the path, in place of `%r`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "inbox", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links, reason = "the links above need these features")
)]
#![forbid(unsafe_code)]

mod receive;
mod reply;
#[cfg(feature = "hooks")]
mod resource;
mod room_hook;
mod verify;

pub use reply::{Ack, Answer};
#[cfg(feature = "hooks")]
pub use resource::{deliver, resource, tencent_resource};
pub use room_hook::{RoomHook, RoomHookError};
pub use room_hooks::*;
pub use verify::{Verify, VerifyService};

#[cfg(all(doctest, feature = "hooks"))]
#[doc = include_str!("../README.md")]
struct Readme;
