//! Verified, typed room callbacks from ZEGOCLOUD and Tencent as tower services.
//!
//! Any server that accepts tower services can receive callbacks: axum with `route_service`, hyper
//! with `hyper_util::service::TowerToHyperService`. [`service()`] turns [`Hooks`] into a service:
//!
//! ```
//! # #[cfg(feature = "hooks")]
//! # fn app(secret: String) -> Result<(), room_hooks_tower::ConfigError> {
//! use room_hooks_tower::{Hooks, Verified, service, zego::{self, Zego}};
//!
//! let zego = Zego::new(1234567890, secret)?;
//! let hooks = Hooks::new(zego).on(async |created: Verified<zego::RoomCreated>| {
//!     println!("{} is open", created.event.room_id);
//! });
//! let service = service(hooks);
//! # let _: &dyn tower_service::Service<
//! #     http::Request<http_body_util::Full<bytes::Bytes>>, Response = _, Error = _, Future = _
//! # > = &service;
//! # Ok(())
//! # }
//! ```
//!
//! There are two ways to receive callbacks. With both, unsigned, stale or malformed requests never
//! reach your code.
//!
//! * [`service()`], which is recommended, calls typed handlers, once per delivery. It responds to
//!   every request that it receives, so route by path first.
//! * [`VerifyLayer`] passes verified callbacks to your own service, which responds to an event with
//!   [`acknowledged`] and to a question with [`answered`].
//!
//! This crate re-exports all of `room_hooks`, so an app needs no other dependency.
//! [`examples/tower`] serves callbacks with hyper alone.
//!
#![doc = concat!("[`examples/tower`]: ", env!("CARGO_PKG_REPOSITORY"), "/tree/main/examples/tower")]
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `hooks` (default) | [`Hooks`], [`Handlers`], [`service()`] and [`tencent_service`] |
//! | `inbox` | [`inbox`]: each event is stored before its sender gets a response, and a worker handles it |
//! | `metrics` | counters and timings through the `metrics` crate |
//! | `testing` | [`testing`]: signs callbacks as the providers do, for tests of your handlers |
//!
//! # Requirements and limits
//!
//! The services need a tokio runtime with timers. They accept request bodies of any type that
//! implements [`http_body::Body`], and apply the receiver's limit and timeout to them. If a
//! middleware also limits the body with `http_body_util::Limited`, as tower-http does, a larger
//! body gets 413. Other limits look like an incomplete body (400).

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "inbox", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links, reason = "the links above need these features")
)]
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

/// Building blocks for framework adapters: the ones from [`room_hooks::adapter`], and functions for
/// frameworks that use the request types of the `http` crate.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use room_hooks_tower::{Receiver, acknowledged, adapter, zego::{self, Zego}};
///
/// async fn on_created(
///     receiver: &Receiver<Zego>,
///     request: Request<Full<Bytes>>,
/// ) -> Response<Full<Bytes>> {
///     let (parts, body) = request.into_parts();
///     match adapter::receive::<zego::RoomCreated, _>(receiver, &parts, body).await {
///         Ok((created, _body)) => {
///             println!("{} is open", created.event.room_id);
///             acknowledged::<Zego>()
///         }
///         Err(not_delivered) => adapter::response(not_delivered.response::<Zego>()),
///     }
/// }
/// ```
pub mod adapter {
    pub use room_hooks::adapter::*;

    #[cfg(feature = "hooks")]
    pub use crate::receive::{deliver, deliver_tencent};
    pub use crate::{
        receive::{head, receive},
        response::response,
    };
}

#[cfg(all(doctest, feature = "hooks"))]
#[doc = include_str!("../README.md")]
struct Readme;
