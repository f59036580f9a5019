//! A second implementation of verification, from the providers' pages: plain, slow, and without any code
//! of the core.
//!
//! Each function returns who sent a delivery and how to treat it, or `None` if it must be refused.

mod form;
mod json;
mod tencent;
mod trtc;
mod zego;

use std::time::{Duration, SystemTime};

pub(crate) use self::{
    json::{Members, repaired, text_of},
    tencent::{sign as sign_tencent, verify as verify_tencent},
    trtc::{sign as sign_trtc, verify as verify_trtc},
    zego::{sign as sign_zego, verify as verify_zego},
};

use crate::receivers::Apps;

/// An authentic delivery.
#[derive(Debug)]
pub(crate) struct Authentic {
    /// The app that has signed it.
    pub(crate) app_id: u64,
    pub(crate) outcome: Expected,
}

/// How to treat an authentic delivery.
#[derive(Debug)]
pub(crate) enum Expected {
    /// There is an event, or a question if it `asks`, with its name on the wire and all that was sent.
    Callback { name: String, document: Members, asks: bool },
    /// Acknowledge it; it carries no event, or a question that cannot be read.
    Acknowledged,
    /// There was an event, but something has consumed the body.
    BodyAlreadyConsumed,
}

/// The app that signed: of the apps with a secret that gives the signature, the one that is named.
/// The name may be missing if there is only one app.
fn signer(apps: &Apps, named: Option<&str>, signs: impl Fn(&str) -> bool) -> Option<u64> {
    let named = match (named, apps.signed) {
        (Some(id), _) => number(id)?,
        (None, [(lone, _)]) => *lone,
        (None, _) => return None,
    };
    signers(apps, signs).into_iter().find(|id| *id == named)
}

/// The apps with a secret that gives the signature.
fn signers(apps: &Apps, signs: impl Fn(&str) -> bool) -> Vec<u64> {
    let apps = apps.signed.iter().filter(|(_, secrets)| secrets.iter().any(|secret| signs(secret)));
    apps.map(|(id, _)| *id).collect()
}

/// A number that is written as a number is written.
fn number(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

fn is_fresh(sent_at: SystemTime, now: SystemTime, tolerance: Duration) -> bool {
    sent_at <= now + tolerance && now <= sent_at + tolerance
}
