//! Signed callbacks for tests, without a network and without the provider.
//!
//! [`Zego::sign`](crate::zego::Zego::sign), [`Tencent::sign`](crate::tencent::Tencent::sign) and
//! [`Trtc::sign`](crate::trtc::Trtc::sign) sign your own events or the [`samples`]:
//!
//! ```
//! use std::time::SystemTime;
//! use room_hooks::{Receiver, Verified, testing::samples, zego::{Event, Zego}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let zego = Zego::new(1234567890, "callback secret")?;
//! let receiver = Receiver::new(zego.clone());
//! for sample in samples().filter(|sample| sample.provider == "zego") {
//!     let signed = zego.sign(&sample.event(), SystemTime::now())?;
//!     let event: Verified<Event> = receiver.receive(signed.as_delivery(), SystemTime::now())?;
//!     println!("{}: {:?}", sample.kind, event.event);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A test that signs uses the secret that it verifies with. It can prove that a handler works, but
//! not that the secret is right.
//!
//! `acceptance`, with the feature `hooks`, is for authors of a delivery store. `inbox_acceptance`
//! and `inbox_history`, with the feature `inbox`, are for authors of an inbox.

#[cfg(feature = "hooks")]
mod acceptance;
mod explanation;
#[cfg(feature = "inbox")]
mod inbox_acceptance;
#[cfg(feature = "inbox")]
mod inbox_history;
mod sample;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Delivery, Provider, tencent, trtc, zego};

#[cfg(feature = "hooks")]
pub use self::acceptance::acceptance;
pub use self::explanation::{Expected, Explanation};
pub use self::sample::{Sample, question_samples, samples};
#[cfg(feature = "inbox")]
pub use self::{inbox_acceptance::inbox_acceptance, inbox_history::inbox_history};

/// The names or paths of the fields that are looked for when a delivery is verified or an event
/// without a type is read. A test of the cost of nesting can put a deeply nested value under each
/// of them.
pub const MEMBERS_LOOKED_FOR: &[&[&str]] = &[
    &zego::MEMBERS,
    &tencent::MEMBERS,
    &trtc::MEMBERS,
    zego::Zego::ROOM_ID,
    tencent::Tencent::ROOM_ID,
    trtc::Trtc::ROOM_ID,
];

/// A signed callback: the query, headers and body that a provider would send.
///
/// ```
/// use room_hooks::testing::SignedDelivery;
///
/// let recorded = SignedDelivery::new(
///     "SdkAppid=1400000001&Sign=abc".to_owned(),
///     Vec::new(),
///     br#"{"CallbackCommand":"Room.CallbackAfterDestroyRoom"}"#.to_vec(),
/// );
/// println!("{:?}", recorded.as_delivery());
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedDelivery {
    /// The URL's query, percent-encoded, without the `?`.
    pub query: String,
    /// The headers, such as TRTC's `Sign`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SignedDelivery {
    /// Creates a delivery from a callback that was signed elsewhere or recorded.
    #[must_use]
    pub fn new(query: String, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { query, headers, body }
    }

    /// The delivery in the form that a receiver takes.
    #[must_use]
    pub fn as_delivery(&self) -> Delivery<'_> {
        Delivery::new(&self.body).with_query(&self.query).with_headers(&self.headers)
    }
}

impl std::fmt::Debug for SignedDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_delivery().fmt(f)
    }
}

/// The fields of an event to sign.
pub(crate) fn members(event: &impl Serialize) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(event)?)
}
