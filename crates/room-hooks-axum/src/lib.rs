//! Verified, typed room callbacks from ZEGOCLOUD and Tencent in axum handlers.
//!
//! ```no_run
//! # #[cfg(feature = "hooks")]
//! # mod app {
//! use axum::Router;
//! use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
//! use room_hooks_axum::IntoRouter;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     let app = Router::new().nest("/hooks/zego", hooks.into_router());
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! # }
//! ```
//!
//! There are three ways in, and all refuse by themselves what is not authentic:
//!
//! * [`IntoRouter`] mounts [`Hooks`](room_hooks::Hooks): typed handlers, each called once for a delivery;
//!   the recommended way.
//! * [`RoomHook`] extracts an event. The receiver comes from the router's state.
//! * [`VerifyLayer`] guards routes, whether or not their handlers extract anything. A [`RoomHook`]
//!   behind it, with the same receiver, takes the event that is verified already.
//!
//! With the extractor, the receiver is the router's state:
//!
//! ```
//! # use axum::{Router, routing::any};
//! # use room_hooks::{Receiver, RoomCreated, zego::Zego};
//! # use room_hooks_axum::{Ack, RoomHook};
//! async fn on_created(RoomHook(created): RoomHook<RoomCreated>) -> Ack<Zego> {
//!     println!("{} is open", created.event.room_id);
//!     Ack::new()
//! }
//!
//! # fn app(zego: Zego) -> Router {
//! Router::new().route("/hooks/zego", any(on_created)).with_state(Receiver::new(zego))
//! # }
//! ```
//!
//! With `any` rather than `post` the extractor also answers what is no `POST`, in the provider's form.
//!
//! An app with both providers has a state with both receivers (`FromRef` is derived with axum's feature
//! `macros`), or a state for each route, as in `any(on_created).with_state(receiver)`:
//!
//! ```
//! # use axum::extract::FromRef;
//! # use room_hooks::{Receiver, tencent::Tencent, zego::Zego};
//! #[derive(Clone, FromRef)]
//! struct AppState {
//!     zego: Receiver<Zego>,
//!     tencent: Receiver<Tencent>,
//! }
//! ```
//!
//! All ways in hold a body to the receiver's own limit and timeout, so axum's
//! `DefaultBodyLimit` does not apply; a limit that wraps the body, such as tower-http's
//! `RequestBodyLimit`, does, and is answered 413 as well.
//!
//! Request loggers usually write the URL with its query, and Tencent's query holds the signature:
//! have yours write the path only.

#![forbid(unsafe_code)]

mod ack;
#[cfg(feature = "hooks")]
mod mount;
mod receive;
mod room_hook;
mod verify;

pub use ack::Ack;
#[cfg(feature = "hooks")]
pub use mount::IntoRouter;
pub use room_hook::{RoomHook, RoomHookRejection};
pub use verify::{Verify, VerifyLayer};
