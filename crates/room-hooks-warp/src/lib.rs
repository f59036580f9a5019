//! Verified, typed room callbacks from ZEGOCLOUD and Tencent as warp filters.
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
//! [`filter()`] mounts [`Hooks`]: typed handlers, each called once for a delivery. This is the recommended way.
//!
//! [`room_hook`] is a filter that extracts the event, for a reply of your own:
//!
//! ```
//! # use room_hooks_warp::{Ack, Verified, recover, room_hook, zego::{self, Zego}};
//! # use warp::Filter;
//! fn on_created(created: Verified<zego::RoomCreated>) -> Ack<Zego> {
//!     println!("{} is open", created.event.room_id);
//!     Ack::new()
//! }
//!
//! # fn app(zego: Zego) -> impl Filter {
//! warp::path!("hooks" / "zego").and(room_hook(zego)).map(on_created).recover(recover)
//! # }
//! ```
//!
//! A handler of a question replies with [`Answer`].
//!
//! It rejects what is not authentic, and [`recover`] turns the rejection into the provider's response. Put the
//! `recover` on the route, as above: warp tries the next route after a rejection, so a `recover` after an `or` lets
//! a catch-all route answer a forgery first.
//!
//! Both hold a body to the receiver's own limit and timeout. This crate exports all of `room_hooks`, so an app needs
//! no other dependency.
//!
//! `warp::log` leaves the query, and with it Tencent's signature, out of its lines. Leave it out of a
//! `warp::log::custom` as well.

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
