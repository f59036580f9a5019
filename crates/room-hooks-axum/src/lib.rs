//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in axum handlers.
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
//! There are three ways in. Each refuses what is not authentic:
//!
//! * [`handler()`] mounts [`Hooks`]: typed handlers, each called once for a delivery. This is the recommended way.
//! * [`RoomHook`] extracts an event or a question. The receiver comes from the router's state.
//! * [`VerifyLayer`] guards routes, whether or not their handlers extract anything. A [`RoomHook`] behind it takes the
//!   event that is verified already, if its receiver is a clone of the layer's, and verifies again otherwise.
//!
//! This crate exports all of `room_hooks`, so an app needs no other dependency.
//!
//! With the extractor, the receiver is the router's state:
//!
//! ```
//! # use axum::{Router, routing::any};
//! # use room_hooks_axum::{Ack, Receiver, RoomHook, zego::{self, Zego}};
//! async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
//!     println!("{} is open", created.event.room_id);
//!     Ack::new()
//! }
//!
//! # fn app(zego: Zego) -> Router {
//! Router::new().route("/hooks/zego", any(on_created)).with_state(Receiver::new(zego))
//! # }
//! ```
//!
//! A handler of a question replies with [`Answer`].
//!
//! With `any` rather than `post`, the extractor also answers requests of other methods in the provider's form.
//!
//! An app with both providers has a state with both receivers (`FromRef` is derived with axum's feature
//! `macros`), or a state for each route, as in `any(on_created).with_state(receiver)`:
//!
//! ```
//! # use axum::extract::FromRef;
//! # use room_hooks_axum::{Receiver, tencent::Tencent, zego::Zego};
//! #[derive(Clone, FromRef)]
//! struct AppState {
//!     zego: Receiver<Zego>,
//!     tencent: Receiver<Tencent>,
//! }
//! ```
//!
//! Each way in holds a body to the receiver's own limit and timeout, so axum's `DefaultBodyLimit` does not apply.
//! A limit that wraps the body, such as tower-http's `RequestBodyLimit`, does, and is answered 413 as well.
//!
//! With the feature `inbox-ui`, `inbox_page` is a router for operators: what waits in an inbox, what failed and why, and
//! buttons that retry and discard. Mount it behind your own login.
//!
//! Tencent's query contains the signature, and request loggers usually write the query: have yours write the path
//! only.

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
