//! Verified, typed room callbacks from ZEGOCLOUD and Tencent as tower services.
//!
//! A server that takes tower services can receive callbacks: axum by `route_service`, hyper through
//! `hyper_util::service::TowerToHyperService`. Request bodies may be of any type that implements [`http_body::Body`].
//! The services need a tokio runtime with timers.
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
//! * [`VerifyLayer`] lets only verified callbacks through to a service of your own, which responds to an event with
//!   [`acknowledged`] and to a question with [`answered`].
//!
//! Both hold a body to the receiver's limit and timeout. If a middleware limits the body with
//! `http_body_util::Limited`, as tower-http does, the response is 413 as well. Other limits look like an aborted body
//! (400).
//!
//! This crate exports all of `room_hooks`, so an app needs no other dependency.

#![forbid(unsafe_code)]

mod receive;
mod response;
#[cfg(feature = "hooks")]
mod service;
mod verify;

pub use receive::PeerAddr;
pub use response::{acknowledged, answered};
pub use room_hooks::{adapter::VerifiedExtension, *};
#[cfg(feature = "hooks")]
pub use service::{HooksService, TencentService, service, tencent_service};
pub use verify::{ResponseBody, Verify, VerifyLayer};

/// Building blocks for framework adapters: those of [`room_hooks::adapter`], and functions for frameworks with requests
/// of the `http` crate.
pub mod adapter {
    pub use room_hooks::adapter::*;

    #[cfg(feature = "hooks")]
    pub use crate::receive::{deliver, deliver_tencent};
    pub use crate::{
        receive::{head, receive},
        response::response,
    };
}
