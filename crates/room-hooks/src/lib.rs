//! Verified, typed room callbacks from ZEGOCLOUD and Tencent.
//!
//! A platform that runs rooms calls your backend by HTTP when something happens in them. This crate takes the bytes of
//! such a callback and returns a typed event whose sender has been verified, or a refusal. It has no framework, no
//! socket and no clock. `room-hooks-axum`, `-actix` and `-warp` connect it to a web framework, `room-hooks-tower` to
//! any tower service; for another framework, see [`adapter`]. With the bytes already in memory, the core is one call:
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
//! # What is verified, and what is not
//!
//! TRTC signs the body. The signatures of ZEGO and of Tencent's other callbacks do not cover it: they
//! prove that a party who knows the secret signed a *time*, and anyone who observes one can attach a
//! different body to it until that time is stale. (The digits of some ZEGO signatures with a nonce that is
//! not of ZEGO's own form can be divided so that they are fresh again at a later time.) So receive over TLS
//! only, keep queries and bodies out of logs, and keep the tolerance small. A callback is checked against
//! the configured apps, but its body is only as trustworthy as the way it came.
//!
//! # Where to go next
//!
//! * `Hooks`, with the feature `hooks`, is the recommended way in: typed handlers of events, each delivery once, and of
//!   questions, each with its decision.
//! * [`Receiver`] verifies a delivery and returns a [`Verified`] event or a [`NotDelivered`]; a [`Refusal`] says why.
//! * [`zego`], [`tencent`] and [`trtc`] hold the providers and their events.
//! * The feature `testing` signs callbacks for tests of your handlers.

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
