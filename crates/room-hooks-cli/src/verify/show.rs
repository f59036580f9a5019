//! What is printed of a verification.

use std::io::Write;

use room_hooks::{Refusal, testing::Explanation};

use crate::{
    Error,
    provider::{ProviderName, Received},
    terminal::{self, BAD, DIM, GOOD},
};

use super::{read::Request, steps::Gap};

pub(super) fn heading(provider: ProviderName, request: &Request) -> Result<(), Error> {
    let body = match &request.body {
        Some(body) => format!("a body of {} bytes", body.len()),
        None => "no body".to_owned(),
    };
    let place = request.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    writeln!(terminal::out(), "{provider}, {body}{place}")?;
    Ok(())
}

/// Shows what was read, what was signed, and which signature that gives.
pub(super) fn explanation(explanation: &Explanation) -> Result<(), Error> {
    for (nth, (name, text)) in explanation.read.iter().enumerate() {
        line(if nth == 0 { "read" } else { "" }, name, text)?;
    }
    for expected in &explanation.expected {
        let name = format!("app {}, {}", expected.app_id, expected.secret);
        line("signed", "", &expected.signed.join(" + "))?;
        line("expected", &name, &expected.signature)?;
    }
    line("got", "", explanation.presented.as_deref().unwrap_or("no signature"))
}

fn line(step: &str, name: &str, text: &str) -> Result<(), Error> {
    let text = terminal::plain(text);
    Ok(writeln!(terminal::out(), "{DIM}{step:<9}{DIM:#} {name:<23} {text}")?)
}

pub(super) fn step(step: &str, text: &str) -> Result<(), Error> {
    Ok(writeln!(terminal::out(), "{DIM}{step:<9}{DIM:#} {text}")?)
}

/// Says why nothing is proven, and what would be enough.
pub(super) fn gap(gap: &Gap) -> Result<(), Error> {
    step("secret", &format!("unknown: {}", gap.why))?;
    Ok(writeln!(terminal::out(), "instead: {}", gap.advice)?)
}

/// Says that it verifies; `None` is the probe of a console.
pub(super) fn verified(request: &Request, received: Option<Received>) -> Result<(), Error> {
    let what = received.map_or("the probe of a console".to_owned(), |received| {
        let room = received.room_id.map(|room| format!(" in room {room}"));
        format!("{}{}", received.event, room.unwrap_or_default())
    });
    writeln!(terminal::out(), "{GOOD}verified{GOOD:#}: {}", terminal::plain(&what))?;
    status(request)
}

pub(super) fn verified_in_part(request: &Request) -> Result<(), Error> {
    let what = "token and time are right; the body, which Tencent does not sign, is not here";
    writeln!(terminal::out(), "{GOOD}verified in part{GOOD:#}: {what}")?;
    status(request)
}

pub(super) fn refused(refusal: &Refusal, causes: &[String]) -> Result<(), Error> {
    let mut out = terminal::out();
    writeln!(out, "{BAD}refused{BAD:#} with {}: {refusal}", refusal.status())?;
    for (label, cause) in ["likely", "also"].into_iter().zip(causes) {
        writeln!(out, "{label}: {cause}")?;
    }
    Ok(())
}

/// A signature of ZEGO's that came before, in the delivery `first`, with another body.
pub(super) fn reused(first: usize) -> Result<(), Error> {
    Ok(writeln!(
        terminal::out(),
        "{BAD}refused{BAD:#} with 401: the signature was first seen with other content, in delivery {first}\n\
         likely: forged, since ZEGO does not sign the body"
    )?)
}

/// The signature is right, but the secret is not one that a receiver can be given.
pub(super) fn unusable(cause: &str) -> Result<(), Error> {
    let what = "receivers refuse to start with that secret";
    Ok(writeln!(terminal::out(), "{BAD}not verified{BAD:#}: {what}\nlikely: {cause}")?)
}

/// A receiver that refused what verifies here has other settings, or it had another reason.
fn status(request: &Request) -> Result<(), Error> {
    let Some(status @ 400..) = request.answered else { return Ok(()) };
    let reason = match status {
        401 | 403 => {
            "the receiver has another secret, app id or clock, or something before it changed or \
             refused the request"
        }
        _ => "neither the secret nor the time is the reason",
    };
    Ok(writeln!(terminal::out(), "but the response was {status}: {reason}")?)
}
