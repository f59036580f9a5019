//! Verified, typed room callbacks from ZEGOCLOUD and Tencent as tower services.
//!
//! Any server that takes tower services can receive callbacks: hyper, tonic, axum or your own. Request bodies may
//! be of any type that implements [`http_body::Body`].
//!
//! ```
//! # #[cfg(feature = "hooks")]
//! # fn app(secret: String) -> Result<(), room_hooks_tower::ConfigError> {
//! use room_hooks_tower::{Hooks, Verified, service, zego::{self, Zego}};
//!
//! let hooks = Hooks::new(Zego::new(1234567890, secret)?).on(
//!     async |created: Verified<zego::RoomCreated>| println!("{} is open", created.event.room_id),
//! );
//! let service = service(hooks);
//! # let _: &dyn tower_service::Service<
//! #     http::Request<http_body_util::Full<bytes::Bytes>>, Response = _, Error = _, Future = _
//! # > = &service;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/tower` serves this with hyper alone.
//!
//! * [`service()`] makes a service of [`Hooks`]: typed handlers, each called once for a delivery. This is the
//!   recommended way. It answers every request that reaches it, so route by path first.
//! * [`VerifyLayer`] lets only verified callbacks through to a service of your own.
//!
//! Both hold a body to the receiver's limit and timeout. A middleware that limits the body first must wrap it in
//! `http_body_util::Limited`, as tower-http does; what is over that limit is answered 413 as well.
//!
//! This crate exports all of `room_hooks`, so an app needs no other dependency.

#![forbid(unsafe_code)]

mod receive;
mod response;
#[cfg(feature = "hooks")]
mod service;
mod verify;

pub use room_hooks::*;
#[cfg(feature = "hooks")]
pub use service::{HooksService, TencentService, service, tencent_service};
pub use verify::{ResponseBody, Verify, VerifyLayer};

/// What an adapter to a web framework needs beside the types that its users meet: that of
/// [`room_hooks::adapter`], and functions for frameworks with requests of the `http` crate.
pub mod adapter {
    pub use room_hooks::adapter::*;

    #[cfg(feature = "hooks")]
    pub use crate::receive::{deliver, deliver_tencent};
    pub use crate::{receive::receive, response::response};
}
