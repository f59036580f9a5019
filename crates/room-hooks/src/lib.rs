//! Verified, typed room callbacks from ZEGOCLOUD and Tencent.
//!
//! Platforms that host voice, video or chat rooms call your backend over HTTP when something
//! happens in a room. This crate takes the bytes of such a callback, verifies the sender, and
//! returns a typed event or a refusal. It contains no framework, no sockets and no clock.
//!
//! **Most apps need only an adapter**, which re-exports this crate: `room-hooks-axum`,
//! `room-hooks-actix`, `room-hooks-warp`, or `room-hooks-tower` for any tower service. For any
//! other framework, see [`adapter`].
//!
//! [`Hooks`], with the feature `hooks`, is the recommended entry point. It calls a typed handler
//! once per delivery and returns the response that the platform expects:
//!
//! ```
//! use room_hooks::{Delivery, Hooks, Verified, zego::{self, Zego}};
//! # use std::time::SystemTime;
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let zego = Zego::new(1234567890, "callback secret")?;
//! # let event = serde_json::json!({"event": "room_create", "room_id": "lobby"});
//! # let body = zego.sign(&event, SystemTime::now())?.body;
//!
//! let zego = Zego::new(1234567890, "callback secret")?;
//! let hooks = Hooks::new(zego).on(async |created: Verified<zego::RoomCreated>| {
//!     println!("{} is open", created.event.room_id);
//! });
//!
//! let response = hooks.deliver(Delivery::new(&body), SystemTime::now()).await;
//! assert_eq!(response.status, 200);
//! # Ok(())
//! # }
//! ```
//!
//! [`Receiver`] needs no feature. It verifies a delivery and returns a [`Verified`] event, or a
//! [`NotDelivered`] that says why not. It does not recognize duplicates:
//!
//! ```
//! use room_hooks::{Delivery, Receiver, Verified, zego::{self, Zego}};
//! # use std::time::SystemTime;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let zego = Zego::new(1234567890, "callback secret")?;
//! # let event = serde_json::json!({"event": "room_create", "room_id": "lobby"});
//! # let body = zego.sign(&event, SystemTime::now())?.body;
//!
//! let receiver = Receiver::new(Zego::new(1234567890, "callback secret")?);
//! let delivery = Delivery::new(&body);
//! let created: Verified<zego::RoomCreated> = receiver.receive(delivery, SystemTime::now())?;
//! assert_eq!(created.event.room_id, "lobby");
//! # Ok(())
//! # }
//! ```
//!
//! The modules [`zego`], [`tencent`] and [`trtc`] contain the providers and their events.
//!
//! # Features
//!
//! No feature is enabled by default. The adapters forward these features, except `http`, and enable
//! `hooks` by default.
//!
//! | feature | adds |
//! |---|---|
//! | `hooks` | [`Hooks`] and [`Handlers`]: typed handlers, called once per delivery; uses tokio |
//! | `inbox` | [`inbox`]: each event is stored before its sender gets a response, and a worker handles it; enables `hooks` |
//! | `metrics` | counters and timings through the `metrics` crate; enables `hooks` |
//! | `testing` | [`testing`]: signs callbacks as the providers do, for tests of your handlers |
//! | `http` | reads headers from an `http::HeaderMap` |
//!
//! # What a signature proves
//!
//! TRTC signs the body. ZEGO and Tencent's other callbacks do not: their signatures prove only that
//! a party who knows the secret signed a *time*. Until that time is stale, anyone who observes a
//! signature can attach a different body to it. (ZEGO signs the time and the nonce without a
//! separator. If the nonce is not in ZEGO's own 19-digit format, the same digits can sometimes be
//! split into a later time, which makes an old signature fresh again.) Therefore:
//!
//! * receive callbacks over TLS only;
//! * keep queries and bodies out of logs;
//! * keep the tolerance small.
//!
//! The app id must be one that you configured, but the body of a callback is only as trustworthy as
//! the connection that carried it.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "inbox", feature = "testing")),
    allow(rustdoc::broken_intra_doc_links, reason = "the links above need these features")
)]
#![forbid(unsafe_code)]

pub mod adapter;
mod event;
#[cfg(feature = "hooks")]
pub mod hooks;
#[cfg(feature = "inbox")]
pub mod inbox;
mod metrics;
mod request;
mod response;
pub mod tencent;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trtc;
mod verify;
pub mod zego;

#[doc(hidden)]
pub use event::Facts;
pub use event::document::Document;
pub use event::id::{DeliveryId, SignatureKey};
pub use event::question::{Decision, Question};
pub use event::raw::RawEvent;
pub use event::{Callback, RoomEvent};
#[cfg(feature = "hooks")]
pub use hooks::{Handlers, Hooks};
pub use request::delivery::Delivery;
pub use request::request_data::{RequestData, RequestHead};
pub use response::disposition::Disposition;
pub use response::failure_policy::FailurePolicy;
pub use response::not_delivered::NotDelivered;
pub use response::refusal::{ConfigError, Refusal};
pub use tencent::RoomInfoUpdated;
pub use verify::lookup::{App, Claimant, IntoAppId};
pub use verify::provider::Provider;
pub use verify::receiver::Receiver;
pub use verify::secrets::{IntoSecrets, SecretName, Secrets};
pub use verify::stored::{RestoreError, StoredDelivery};
pub use verify::verified::{Contents, Verified};
pub use zego::RoomCreated;

#[cfg(all(doctest, feature = "hooks", feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;
