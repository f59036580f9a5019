//! Signed callbacks for tests, without a network and without the provider.
//!
//! [`Zego::sign`](crate::zego::Zego::sign), [`Tencent::sign`](crate::tencent::Tencent::sign) and
//! [`Trtc::sign`](crate::trtc::Trtc::sign) make them, of events of your own or of [`samples`]. A
//! signer knows the secret, so it proves that a handler does its work, not that the secret is the
//! right one. `acceptance`, with the feature `hooks`, is for authors of a delivery store; `inbox_acceptance`
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

/// The members that verification, and the reading of events without a type, look for, by their names or paths.
/// A test of what nesting costs puts something deep under each.
pub const MEMBERS_LOOKED_FOR: &[&[&str]] = &[
    &zego::MEMBERS,
    &tencent::MEMBERS,
    &trtc::MEMBERS,
    zego::Zego::ROOM_ID,
    tencent::Tencent::ROOM_ID,
    trtc::Trtc::ROOM_ID,
];

/// A callback that verifies: what a provider would have put on the wire.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedDelivery {
    /// The URL's query, without the `?`, percent-encoded.
    pub query: String,
    /// The headers that belong to the signature.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SignedDelivery {
    /// Creates one from what has been signed elsewhere, or recorded.
    #[must_use]
    pub fn new(query: String, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { query, headers, body }
    }

    /// The same, as a receiver takes it.
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

/// The members of what is to be signed.
pub(crate) fn members(event: &impl Serialize) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(event)?)
}
