//! A finished delivery, as a line of output.

use std::io::Write;

use axum::{body::Bytes, http::Method};
use room_hooks::Refusal;
use room_hooks_ui::parts::beginning;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    decision::decision,
    event,
    provider::{Provider, Received},
    recording::Record,
    subject,
    terminal::{self, DIM},
};

use super::{forward::Forwarded, unknown::unknown_members};

/// The maximum length of a shown name, which a sender may make as long as a body.
const MAX_CHARS: usize = 128;

/// The result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Acknowledged,
    /// The delivery failed verification.
    Refused,
    /// The delivery was verified, but not handled.
    Failed,
}

impl Verdict {
    pub(super) const ALL: [Self; 3] = [Self::Acknowledged, Self::Refused, Self::Failed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A finished delivery.
pub(super) struct Passed {
    pub(super) record: Record,
    pub(super) method: Method,
    /// Whether the record has all that was sent. Otherwise, it must not be sent again.
    pub(super) is_whole: bool,
    pub(super) status: u16,
    /// Whether the handler was called.
    pub(super) called: bool,
    pub(super) received: Result<Option<Received>, Refusal>,
    /// The outcome of forwarding, if the delivery was forwarded to an app.
    pub(super) forwarded: Option<Forwarded>,
    pub(super) answer: Bytes,
}

impl Passed {
    pub(super) fn show(&self, provider: &Provider, verbose: bool) -> Result<(), Error> {
        let (name, event, room) = (self.record.provider, self.event(), self.room());
        let time = self.time();
        let mut out = terminal::out();
        writeln!(
            out,
            "{DIM}{time}{DIM:#} {name:<8}{event:<28} {:<28} {room:<16} {} {}",
            self.type_name(),
            terminal::status(self.status),
            self.outcome()
        )?;
        if verbose {
            let shown = match self.received() {
                Some(received) => received.data.clone(),
                None if self.is_whole => {
                    String::from_utf8_lossy(&self.record.to_http()).into_owned()
                }
                None => String::new(),
            };
            for line in shown.lines() {
                writeln!(out, "          {}", terminal::plain(line))?;
            }
            let document = self.document(provider).unwrap_or_default();
            for (path, value) in self.unknown_members(&document) {
                let line = format!("not in the type: {path} = {value}");
                writeln!(out, "          {}", terminal::plain(&line))?;
            }
        }
        out.flush()?;
        Ok(())
    }

    /// The time of day of the arrival, in UTC.
    pub(super) fn time(&self) -> String {
        let time = humantime::format_rfc3339_seconds(self.record.at()).to_string();
        time["2026-11-27T".len()..].to_owned()
    }

    /// The received callback, unless it was refused or is a probe.
    pub(super) fn received(&self) -> Option<&Received> {
        self.received.as_ref().ok().and_then(Option::as_ref)
    }

    /// The event's name on the wire.
    pub(super) fn event(&self) -> String {
        let event = self.received().map_or("-", |received| &received.event);
        terminal::plain(&beginning(event, MAX_CHARS))
    }

    pub(super) fn type_name(&self) -> &'static str {
        self.received()
            .map_or("-", |received| event::type_name(self.record.provider, received.kind))
    }

    pub(super) fn room(&self) -> String {
        let room = self.received().and_then(|received| received.room_id.as_deref());
        terminal::plain(&beginning(room.unwrap_or("-"), MAX_CHARS))
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.status {
            200..=299 => Verdict::Acknowledged,
            _ if self.record.verified().is_ok() => Verdict::Failed,
            _ => Verdict::Refused,
        }
    }

    /// The sent event, as JSON.
    pub(super) fn document(&self, provider: &Provider) -> Option<Value> {
        let body = self.record.body().unwrap_or_default();
        subject::event(&provider.explain(self.record.as_delivery(&body)))
    }

    /// The members of the sent event that its type lacks; none for an event without a type.
    pub(super) fn unknown_members(&self, document: &Value) -> Vec<(String, Value)> {
        let typed = self.received().filter(|received| received.kind != "raw");
        match typed.map(|received| serde_json::from_str(&received.data)) {
            Some(Ok(typed)) => unknown_members(document, &typed),
            _ => Vec::new(),
        }
    }

    /// The outcome, in words.
    pub(super) fn outcome(&self) -> String {
        if let (Ok(received), Some(forwarded)) = (&self.received, &self.forwarded) {
            return self.to_app(forwarded, received.as_ref().filter(|received| received.asks));
        }
        match (&self.received, self.status) {
            // The request was refused because of its head or while its body was read. A verdict on
            // a part of the body means nothing.
            (_, 405) => "not a POST".to_owned(),
            (_, 408) => "the body took too long".to_owned(),
            (_, 413) => "the body is too large".to_owned(),
            (_, 415) => "the body is compressed".to_owned(),
            _ if !self.is_whole => "the body is incomplete".to_owned(),
            (Err(refusal), _) => format!("refused: {refusal}"),
            (Ok(None), _) => "a console's probe".to_owned(),
            (Ok(Some(_)), 401) => {
                "refused: the signature was first seen with other content".to_owned()
            }
            (Ok(Some(Received { asks: true, event, unreadable: Some(reason), .. })), 200) => {
                format!("{}, by the failure policy: {reason}", self.decision(event))
            }
            (Ok(Some(Received { asks: true, event, .. })), 200) => self.decision(event),
            (Ok(Some(_)), 503) => "still being handled".to_owned(),
            (Ok(Some(_)), 500..) => "failed".to_owned(),
            (Ok(Some(_)), _) if self.called => "handled".to_owned(),
            (Ok(Some(_)), _) => "already handled".to_owned(),
        }
    }

    fn to_app(&self, forwarded: &Forwarded, question: Option<&Received>) -> String {
        let decision = question.map(|question| self.decision(&question.event));
        match (forwarded, decision, self.status) {
            (Forwarded::Unanswered(why), decision, _) => {
                let by_policy =
                    decision.map(|decision| format!("{decision}, by the failure policy: "));
                format!("{}{}", by_policy.unwrap_or_default(), terminal::plain(why))
            }
            (Forwarded::Answered, Some(decision), 200) => format!("forwarded, {decision}"),
            (Forwarded::Answered, _, 200..=299) => "forwarded".to_owned(),
            (Forwarded::Answered, _, 300..=399) => {
                "forwarded, but the app's redirect is not followed".to_owned()
            }
            (Forwarded::Answered, _, 401) => {
                "forwarded, but the app refused it: check that the path is the one for this \
                 provider, and that the app has this secret (see --resign)"
                    .to_owned()
            }
            (Forwarded::Answered, _, 404) => {
                "forwarded, but the app has no route for this path".to_owned()
            }
            (Forwarded::Answered, ..) => "forwarded, but not acknowledged".to_owned(),
        }
    }

    fn decision(&self, question: &str) -> String {
        terminal::plain(&decision(self.record.provider, question, &self.answer))
    }
}
