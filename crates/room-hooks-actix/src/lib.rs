//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in actix-web handlers.
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
//! There are three ways in. Each refuses what is not authentic:
//!
//! * [`resource()`] mounts [`Hooks`]: typed handlers, each called once for a delivery. This is the recommended way.
//! * [`RoomHook`] extracts an event or a question. Its receiver is `app_data`, as it is or in a `web::Data`. Without
//!   one, deliveries are answered 500, and the log names the missing type.
//! * [`Verify`] is a middleware. It guards a scope, whether or not its handlers extract anything. A [`RoomHook`]
//!   behind it takes the event that is verified already.
//!
//! This crate exports all of `room_hooks`, so an app needs no other dependency.
//!
//! With the extractor, the receiver is app data:
//!
//! ```
//! # use actix_web::{App, HttpServer, web};
//! # use room_hooks_actix::{Ack, Receiver, RoomHook, zego::{self, Zego}};
//! async fn on_created(RoomHook(created): RoomHook<zego::RoomCreated>) -> Ack<Zego> {
//!     println!("{} is open", created.event.room_id);
//!     Ack::new()
//! }
//!
//! # fn serve(zego: Zego) {
//! let receiver = Receiver::new(zego);
//! let app = move || App::new().app_data(receiver.clone()).route("/hooks/zego", web::to(on_created));
//! # let _ = HttpServer::new(app);
//! # }
//! ```
//!
//! A handler of a question replies with [`Answer`].
//!
//! Each way in holds a body to the receiver's own limit and timeout, so actix-web's `PayloadConfig` does not apply.
//! With `web::to` rather than `web::post`, the extractor also answers requests of other methods in the provider's
//! form.
//!
//! `middleware::Logger` writes the URL with its query by default, and Tencent's query contains the signature. Give it
//! a format with `%U`, the path alone, in place of `%r`.

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
