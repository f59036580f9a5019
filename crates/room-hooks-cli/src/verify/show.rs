//! What is printed of a verification.

use std::io::Write;

use room_hooks::testing::Explanation;

use crate::{
    Error,
    provider::ProviderName,
    terminal::{self, DIM},
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
    step("secret", &format!("cannot be told: {}", gap.why))?;
    Ok(writeln!(terminal::out(), "instead: {}", gap.advice)?)
}

/// A receiver that refused what verifies here has other settings, or it had another reason.
pub(super) fn status(request: &Request) -> Result<(), Error> {
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
