//! What is played: for each provider honest callbacks first, then everything that must be refused.

mod tencent;
mod trtc;
mod zego;

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use room_hooks::testing::SignedDelivery;

use crate::Error;

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_secs(10);

const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const UNREADABLE: StatusCode = StatusCode::BAD_REQUEST;

pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) path: &'static str,
    pub(super) acts: Vec<Act>,
}

/// One request and the status that it deserves.
pub(super) struct Act {
    pub(super) title: &'static str,
    pub(super) method: Method,
    pub(super) sent: Sent,
    pub(super) expected: StatusCode,
    pub(super) handled: bool,
    /// The decision in the answer to a question.
    pub(super) decision: Option<&'static str>,
}

/// What is put on the wire.
pub(super) struct Sent {
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

pub(super) fn scenes() -> Result<[Scene; 3], Error> {
    Ok([zego::scene()?, tencent::scene()?, trtc::scene()?])
}

impl Act {
    fn handled(title: &'static str, sent: impl Into<Sent>) -> Self {
        Self { handled: true, ..Self::acknowledged(title, sent) }
    }

    /// A question, which its handler decides or does not in time.
    fn decided(title: &'static str, decision: &'static str, sent: impl Into<Sent>) -> Self {
        Self { decision: Some(decision), ..Self::handled(title, sent) }
    }

    fn acknowledged(title: &'static str, sent: impl Into<Sent>) -> Self {
        Self::refused(title, StatusCode::OK, sent)
    }

    fn refused(title: &'static str, expected: StatusCode, sent: impl Into<Sent>) -> Self {
        Self {
            title,
            method: Method::POST,
            sent: sent.into(),
            expected,
            handled: false,
            decision: None,
        }
    }
}

impl From<SignedDelivery> for Sent {
    fn from(signed: SignedDelivery) -> Self {
        Self { query: signed.query, headers: signed.headers, body: signed.body.into() }
    }
}

impl From<String> for Sent {
    fn from(body: String) -> Self {
        Body::from(body).into()
    }
}

impl From<Body> for Sent {
    fn from(body: Body) -> Self {
        Self { query: String::new(), headers: Vec::new(), body }
    }
}

/// The same with something changed after it was signed.
fn changed(signed: &SignedDelivery, change: impl FnOnce(&mut SignedDelivery)) -> SignedDelivery {
    let mut signed = signed.clone();
    change(&mut signed);
    signed
}
