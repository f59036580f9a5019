//! Verified, typed room callbacks from ZEGOCLOUD and Tencent as warp filters.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
//! use room_hooks_warp::IntoFilter;
//! use warp::Filter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = warp::path!("hooks" / "zego" / ..).and(hooks.into_filter());
//!     warp::serve(app).run(([127, 0, 0, 1], 3000)).await;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! [`IntoFilter`] mounts [`Hooks`](room_hooks::Hooks), typed handlers that are each called once for a
//! delivery: the recommended way.
//!
//! [`room_hook`] is a filter that hands over the event, for a reply of your own:
//!
//! ```
//! # use room_hooks::{Receiver, RoomCreated, Verified, zego::Zego};
//! # use room_hooks_warp::{Ack, recover, room_hook};
//! # use warp::Filter;
//! fn on_created(created: Verified<RoomCreated>) -> Ack<Zego> {
//!     println!("{} is open", created.event.room_id);
//!     Ack::new()
//! }
//!
//! # fn app(zego: Zego) -> impl Filter {
//! warp::path!("hooks" / "zego").and(room_hook(Receiver::new(zego))).map(on_created).recover(recover)
//! # }
//! ```
//!
//! It refuses by itself what is not authentic, with a rejection that [`recover`] turns
//! into the provider's answer. Put the `recover` on the route, as above: warp tries the next route
//! after a rejection, so one that comes after an `or` lets a catch-all route answer a forgery first.
//!
//! A body is held to the receiver's own limit and timeout while it is read, chunked or not.
//!
//! `warp::log` leaves the query, and with it Tencent's signature, out of its lines; leave it out of a
//! `warp::log::custom` as well.

#![forbid(unsafe_code)]

mod ack;
#[cfg(feature = "hooks")]
mod mount;
mod receive;
mod room_hook;

pub use ack::Ack;
#[cfg(feature = "hooks")]
pub use mount::IntoFilter;
pub use room_hook::{RoomHookRejection, recover, room_hook};
