//! What is authentic, written a second time from the providers' pages: plainly, slowly, and with nothing
//! of the core's.
//!
//! Each function tells whose a delivery is and what it is called, or nothing if it is to be refused.

mod json;
mod tencent;
mod trtc;
mod zego;

use std::time::{Duration, SystemTime};

pub(crate) use self::{
    json::Members,
    tencent::{sign as sign_tencent, verify as verify_tencent},
    trtc::{sign as sign_trtc, verify as verify_trtc},
    zego::{sign as sign_zego, verify as verify_zego},
};

use crate::receivers::APPS;

/// An authentic delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authentic {
    /// The app that has signed it.
    pub(crate) app_id: u64,
    /// The event's name on the wire; a probe has none.
    pub(crate) event: Option<String>,
}

/// The app with a secret that gives the signature: the one that is named, or else any.
fn signer(named: Option<&str>, signs: impl Fn(&str) -> bool) -> Option<u64> {
    let named = match named {
        Some(id) => Some(number(id)?),
        None => None,
    };
    let apps = APPS.iter().filter(|(id, _)| named.is_none_or(|named| named == *id));
    apps.flat_map(|(id, secrets)| secrets.iter().map(move |secret| (*id, *secret)))
        .find_map(|(id, secret)| signs(secret).then_some(id))
}

/// A number that is written as a number is written.
fn number(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

fn is_fresh(sent_at: SystemTime, now: SystemTime, tolerance: Duration) -> bool {
    sent_at <= now + tolerance && now <= sent_at + tolerance
}
