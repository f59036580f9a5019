mod cause;
mod layout;
mod request;

use std::{collections::HashMap, io::Write, path::PathBuf, time::SystemTime};

use clap::Args;
use room_hooks::{Refusal, testing::Explanation};
use serde_json::Value;

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    input::unix_seconds,
    provider::{Provider, ProviderName},
    recording::Record,
    terminal::{self, BAD, DIM, GOOD},
};

use self::request::Source;

/// Verifies a callback without a network, says step by step what it read and what it reckoned, and, if
/// it is refused, the likeliest cause.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Who sent it; guessed, if it is not given
    #[arg(long)]
    provider: Option<ProviderName>,
    #[command(flatten)]
    credentials: Credentials,
    /// A file with another secret, to find out whether that one signed
    #[arg(long, value_name = "FILE")]
    try_secret_file: Vec<PathBuf>,
    /// The time of the receiver's clock, in Unix seconds; of a recording, when it was recorded, else now
    #[arg(long, value_name = "SECONDS", value_parser = unix_seconds)]
    at: Option<SystemTime>,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks verify request.http               a request as it went over the wire
  room-hooks verify recording.jsonl            what `listen --record` wrote, line by line
  room-hooks sign 103 | room-hooks verify -
  room-hooks verify --provider trtc --header 'Sign: …' --header 'SdkAppId: …' --body-file body.json
  room-hooks verify --query 'SdkAppid=…&Sign=…&RequestTime=…' --body-file body.json
  room-hooks verify request.http --try-secret-file server-secret.txt

Exit status: 0 if all verify, 1 if not, 2 if there is nothing to verify.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let records = arguments.source.records(arguments.provider)?;
    let mut status = ExitStatus::Success;
    let mut bound = HashMap::new();
    for (nth, record) in (1..).zip(&records) {
        if nth > 1 {
            writeln!(terminal::out())?;
        }
        if arguments.verify(nth, record, &mut bound)? == ExitStatus::Unsuccessful {
            status = ExitStatus::Unsuccessful;
        }
    }
    Ok(status)
}

/// ZEGO's signatures, each with the number and the event of the first delivery that it verified.
type Bound = HashMap<String, (usize, Option<Value>)>;

impl Arguments {
    fn verify(&self, nth: usize, record: &Record, bound: &mut Bound) -> Result<ExitStatus, Error> {
        let provider = self.credentials.provider(record.provider)?;
        let body = record.body()?;
        let delivery = record.as_delivery(&body);
        let now = self.at.unwrap_or_else(|| record.at());
        let explanation = provider.explain(delivery);
        show(record, &explanation, body.len())?;
        let refusal = match provider.receive(delivery, now) {
            Ok(received) => {
                if let Some(first) = seen_with_other_content(nth, record, &explanation, bound) {
                    writeln!(
                        terminal::out(),
                        "{BAD}refused{BAD:#} with 401: the signature was first seen with other content, in \
                         delivery {first}\nlikely: forged, since ZEGO does not sign the body"
                    )?;
                    return Ok(ExitStatus::Unsuccessful);
                }
                let what = received.map_or("the probe of a console".to_owned(), |received| {
                    let room = received.room_id.map(|room| format!(" in room {room}"));
                    format!("{}{}", received.event, room.unwrap_or_default())
                });
                let what = terminal::plain(&what);
                writeln!(terminal::out(), "{GOOD}verified{GOOD:#}: {what}")?;
                return Ok(ExitStatus::Success);
            }
            Err(refusal) => refusal,
        };
        let status = refusal.status();
        writeln!(terminal::out(), "{BAD}refused{BAD:#} with {status}: {refusal}")?;
        let others = self.other_players(record.provider)?;
        let suspect = cause::Suspect { record, body: &body, provider: &provider, others: &others };
        let cause = match refusal {
            Refusal::WrongSignature if !self.credentials.is_given(record.provider) => {
                Some("no secret was given, so that the examples' own was tried".to_owned())
            }
            _ => suspect.cause(&refusal, &explanation),
        };
        if let Some(cause) = cause {
            writeln!(terminal::out(), "likely: {cause}")?;
        }
        Ok(ExitStatus::Unsuccessful)
    }

    /// The provider with each of the secrets that are to be tried.
    fn other_players(&self, provider: ProviderName) -> Result<Vec<(PathBuf, Provider)>, Error> {
        let provider = |file: &PathBuf| Ok((file.clone(), self.credentials.with(provider, file)?));
        self.try_secret_file.iter().map(provider).collect()
    }
}

/// The delivery that a signature of ZEGO's belongs to, if it is another one: hooks bind it.
fn seen_with_other_content(
    nth: usize,
    record: &Record,
    explanation: &Explanation,
    bound: &mut Bound,
) -> Option<usize> {
    let signature =
        explanation.presented.clone().filter(|_| record.provider == ProviderName::Zego)?;
    let (first, event) = bound.entry(signature).or_insert((nth, explanation.event.clone()));
    (*event != explanation.event).then_some(*first)
}

/// Shows what was read, what was signed, and which signature that gives.
fn show(record: &Record, explanation: &Explanation, length: usize) -> Result<(), Error> {
    let mut out = terminal::out();
    let provider = record.provider;
    writeln!(out, "{provider}, a body of {length} bytes")?;
    let mut line = |step: &str, name: &str, text: &str| {
        writeln!(out, "{DIM}{step:<9}{DIM:#} {name:<23} {}", terminal::plain(text))
    };
    for (nth, (name, text)) in explanation.read.iter().enumerate() {
        line(if nth == 0 { "read" } else { "" }, name, text)?;
    }
    for expected in &explanation.expected {
        let name = format!("app {}, {}", expected.app_id, expected.secret);
        line("signed", "", &expected.signed.join(" + "))?;
        line("expected", &name, &expected.signature)?;
    }
    line("got", "", explanation.presented.as_deref().unwrap_or("no signature"))?;
    Ok(())
}
