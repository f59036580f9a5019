//! A second implementation of verification, from the providers' documentation: plain, slow, and
//! without any code from the core.
//!
//! The `verify` functions return the app that sent a delivery and the expected outcome, or `None`
//! if the delivery must be refused.

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
    /// The app that signed it.
    pub(crate) app_id: u64,
    pub(crate) outcome: Expected,
}

/// The expected outcome of an authentic delivery.
#[derive(Debug)]
pub(crate) enum Expected {
    /// An event, or a question if it `asks`, with its name on the wire and the whole document.
    Callback { name: String, document: Members, asks: bool },
    /// Acknowledged: it has no event, or has a question that cannot be read.
    Acknowledged,
    /// An event whose body has already been consumed.
    BodyAlreadyConsumed,
}

/// The app that signed: the named app, if one of its secrets gives the signature. The name may be
/// missing if there is only one app.
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

/// Parses a number in canonical form, without a sign or leading zeros.
fn number(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

fn is_fresh(sent_at: SystemTime, now: SystemTime, tolerance: Duration) -> bool {
    sent_at <= now + tolerance && now <= sent_at + tolerance
}
