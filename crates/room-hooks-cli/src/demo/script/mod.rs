//! The requests that the demonstration sends: for each provider, genuine callbacks and then those
//! that must be refused.

mod tencent;
mod trtc;
mod zego;

use std::time::Duration;

use room_hooks::testing::SignedDelivery;

use crate::Error;

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_secs(10);

const UNAUTHORIZED: u16 = 401;
const UNREADABLE: u16 = 400;

pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) path: &'static str,
    pub(super) acts: Vec<Act>,
}

/// One request and the response that it must get.
pub(super) struct Act {
    pub(super) title: &'static str,
    pub(super) sent: Sent,
    pub(super) expected: u16,
    pub(super) handled: bool,
    /// The expected decision in the response to a question.
    pub(super) decision: Option<&'static str>,
}

pub(super) enum Sent {
    Post(SignedDelivery),
    /// A `POST` whose body takes longer than the receiver waits.
    PostSlowly(SignedDelivery),
    Get,
}

pub(super) fn scenes() -> Result<[Scene; 3], Error> {
    Ok([zego::scene()?, tencent::scene()?, trtc::scene()?])
}

impl Act {
    fn handled(title: &'static str, sent: impl Into<Sent>) -> Self {
        Self { handled: true, ..Self::acknowledged(title, sent) }
    }

    /// A question that is decided by its handler or, if the handler is late, by the failure policy.
    fn decided(title: &'static str, decision: &'static str, sent: impl Into<Sent>) -> Self {
        Self { decision: Some(decision), ..Self::handled(title, sent) }
    }

    fn acknowledged(title: &'static str, sent: impl Into<Sent>) -> Self {
        Self::refused(title, 200, sent)
    }

    fn refused(title: &'static str, expected: u16, sent: impl Into<Sent>) -> Self {
        Self { title, sent: sent.into(), expected, handled: false, decision: None }
    }
}

impl From<SignedDelivery> for Sent {
    fn from(signed: SignedDelivery) -> Self {
        Self::Post(signed)
    }
}

impl From<String> for Sent {
    fn from(body: String) -> Self {
        Self::Post(SignedDelivery::new(String::new(), Vec::new(), body.into()))
    }
}

/// Changes a delivery after it was signed.
fn changed(signed: &SignedDelivery, change: impl FnOnce(&mut SignedDelivery)) -> SignedDelivery {
    let mut signed = signed.clone();
    change(&mut signed);
    signed
}
