//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in actix-web handlers.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use actix_web::{App, HttpServer};
//! use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
//! use room_hooks_actix::IntoScope;
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = move || App::new().service(hooks.clone().into_scope("/hooks/zego"));
//!     HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! There are three ways in, and all refuse by themselves what is not authentic:
//!
//! * [`IntoScope`] mounts [`Hooks`](room_hooks::Hooks): typed handlers, each called once for a delivery;
//!   the recommended way.
//! * [`RoomHook`] extracts an event. The receiver is looked for in the `app_data`, as it is or in a
//!   `web::Data`; where there is none, deliveries are answered 500, and the log names the missing type.
//! * [`verify`] guards a scope, whether or not its handlers extract anything. A [`RoomHook`] behind it,
//!   with the same receiver, takes the event that is verified already.
//!
//! With the extractor, the receiver is app data:
//!
//! ```
//! # use actix_web::{App, HttpServer, web};
//! # use room_hooks::{Receiver, RoomCreated, zego::Zego};
//! # use room_hooks_actix::{Ack, RoomHook};
//! async fn on_created(RoomHook(created): RoomHook<RoomCreated>) -> Ack<Zego> {
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
//! All hold a body to the receiver's own limit and timeout, so actix-web's `PayloadConfig` does not
//! apply. With `web::to` rather than `web::post` the extractor also answers what is no `POST`, in the
//! provider's form.
//!
//! `middleware::Logger` writes the URL with its query by default, and Tencent's query holds the
//! signature: give it a format with `%U`, the path alone, in place of `%r`.

#![forbid(unsafe_code)]

mod ack;
#[cfg(feature = "hooks")]
mod mount;
mod receive;
mod room_hook;
mod verify;

pub use ack::Ack;
#[cfg(feature = "hooks")]
pub use mount::IntoScope;
pub use room_hook::{RoomHook, RoomHookError};
pub use verify::verify;
