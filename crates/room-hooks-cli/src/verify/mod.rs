mod body;
mod cause;
mod layout;
mod read;
mod report;
mod secret;
mod show;
mod source;
mod steps;

use std::{
    collections::{HashMap, hash_map::Entry},
    io::Write,
    path::PathBuf,
    time::SystemTime,
};

use clap::Args;
use room_hooks::{Refusal, testing::Explanation};
use serde_json::Value;

use crate::{
    Error, ExitStatus,
    credentials::{Credentials, FoundSecret, provider_with, secret_in_file},
    input::unix_seconds,
    provider::ProviderName,
    recording::Record,
    terminal,
};

use self::{
    cause::{Culprit, Suspect},
    read::{Arrival, Request},
    source::Source,
    steps::{Clock, Gap, Secret, Time, named_app},
};
pub(crate) use self::{
    report::{Report, Step, Verdict},
    secret::oddity,
};

/// Verifies captured callbacks without a network, explains each step, and names the likeliest cause
/// of a refusal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// The sender; guessed from the request if not given
    #[arg(long)]
    provider: Option<ProviderName>,
    #[command(flatten)]
    credentials: Credentials,
    /// A file with another secret to try, if the first one is wrong
    #[arg(long, value_name = "FILE")]
    try_secret_file: Vec<PathBuf>,
    /// The receiver's time, in Unix seconds. Defaults to the time of arrival, if the capture has
    /// it, or else to now
    #[arg(long, value_name = "SECONDS", value_parser = unix_seconds)]
    at: Option<SystemTime>,
}

const EXAMPLES: &str = "\
FILE is one of these, detected by its content:
  a raw HTTP request, with Content-Length or chunked
  the output of `curl --trace FILE` (every byte), `--trace-ascii` or `-v` (no body)
  a HAR file, as exported by a browser's developer tools
  lines of an access log, common or combined (path and query only)
  a recording of `listen --record`, or lines of it
  a body or a URL alone

Examples:
  room-hooks verify request.http
  room-hooks verify recording.jsonl
  room-hooks verify access.log --provider tencent
  room-hooks verify curl-v.txt --body-file body.json
  room-hooks sign 103 | room-hooks verify -
  room-hooks verify --provider trtc --header 'Sign: …' --header 'SdkAppId: …' --body-file body.json
  room-hooks verify --query 'SdkAppid=…&Sign=…&RequestTime=…' --body-file body.json
  room-hooks verify request.http --try-secret-file server-secret.txt

Without the body, a Tencent callback counts as verified if its token and time are right.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let requests = arguments.source.requests(arguments.provider)?;
    let senders = requests.iter().map(Request::sender);
    arguments.credentials.check_scope("capture", "verify them separately", senders)?;
    let mut session = Session::new(&arguments.credentials);
    session.other_secrets = &arguments.try_secret_file;
    session.at = arguments.at;
    let mut verdicts = Vec::new();
    for (nth, request) in (1..).zip(&requests) {
        if nth > 1 {
            writeln!(terminal::out())?;
        }
        request.notes.iter().for_each(|note| terminal::note(note));
        let report = session.examine(nth, request)?;
        show::report(&report)?;
        verdicts.extend(report.verdict.map(|verdict| verdict.is_good));
    }
    if requests.len() > 1 {
        let good = verdicts.iter().filter(|is_good| **is_good).count();
        terminal::note(&format!("{good} of {} callbacks verify", requests.len()));
    }
    if verdicts.contains(&false) {
        Ok(ExitStatus::Unsuccessful)
    } else if verdicts.contains(&true) {
        Ok(ExitStatus::Success)
    } else {
        Err("nothing can be verified: the capture lacks the signature, or the parts that it signs"
            .into())
    }
}

/// Explains a recorded delivery with the secrets from the environment, as of its time of arrival.
pub(crate) fn explain(record: &Record) -> Result<Report, Error> {
    Session::new(&Credentials::default()).examine(1, &Request::recorded(record)?)
}

/// The state that is kept from one request to the next.
struct Session<'a> {
    credentials: &'a Credentials,
    /// The files with other secrets to try.
    other_secrets: &'a [PathBuf],
    /// The receiver's time, if it is given.
    at: Option<SystemTime>,
    secrets: HashMap<ProviderName, Secrets>,
    /// ZEGO's signatures, each with the number and the event of the first delivery that it
    /// verified.
    bound: HashMap<String, (usize, Option<Value>)>,
}

/// The given secret, and others to try.
struct Secrets {
    app_id: u64,
    given: FoundSecret,
    others: Vec<FoundSecret>,
}

impl<'a> Session<'a> {
    fn new(credentials: &'a Credentials) -> Self {
        let (secrets, bound) = (HashMap::new(), HashMap::new());
        Self { credentials, other_secrets: &[], at: None, secrets, bound }
    }

    fn secrets(&mut self, provider: ProviderName) -> Result<&Secrets, Error> {
        Ok(match self.secrets.entry(provider) {
            Entry::Occupied(secrets) => secrets.into_mut(),
            Entry::Vacant(secrets) => {
                let others = self.other_secrets.iter().map(|file| secret_in_file(file));
                secrets.insert(Secrets {
                    app_id: self.credentials.app_id(provider)?,
                    given: self.credentials.secret(provider)?,
                    others: others.collect::<Result<_, _>>()?,
                })
            }
        })
    }

    fn examine(&mut self, nth: usize, request: &Request) -> Result<Report, Error> {
        let name = request.sender();
        let report = Report::new(name, request);
        if let Some(gap) = Gap::of(name, request) {
            return Ok(report.unknown(&gap));
        }
        let clock = self.clock(request);
        let Secrets { app_id, given, others } = self.secrets(name)?;
        let source = &given.source;
        let is_padded = given.text.trim().len() < given.text.len();
        let with = |app_id| {
            provider_with(name, app_id, given.text.trim())
                .map_err(|error| format!("{source}: {error}"))
        };
        let provider = with(*app_id)?;
        let delivery = request.delivery();
        let explanation = provider.explain(delivery);
        let named = named_app(&explanation).unwrap_or(*app_id);
        let mut secret = Secret::of(&explanation, *app_id, &with(named)?.explain(delivery));
        let report = report.with_explanation(name, &explanation);

        let mut received = provider.receive(delivery, clock.now);
        let lost = request.has_lost_bytes
            && match received {
                Err(Refusal::Malformed { .. }) => true,
                Err(Refusal::WrongSignature) => name == ProviderName::Trtc,
                _ => false,
            };
        // Tencent's query authenticates the sender without the body.
        let is_partial = name == ProviderName::Tencent && (request.body.is_none() || lost);
        if is_partial {
            received = provider.receive(request.delivery_with(b"{}"), clock.now);
        }
        let suspect = Suspect {
            request,
            body: request.body.as_deref().unwrap_or_default(),
            provider: name,
            app_id: named,
            given,
            others,
            explanation: &explanation,
            clock,
        };
        // Each attempt hashes the body, so the body must not be larger than a callback.
        let is_too_large = matches!(received, Err(Refusal::BodyTooLarge));
        let mismatch = (secret == Secret::Wrong && !is_too_large).then(|| suspect.why_wrong());
        let culprit = mismatch.as_ref().map_or(Culprit::Unknown, |mismatch| mismatch.culprit);
        if lost && !is_partial && culprit == Culprit::Unknown {
            return Ok(report.unknown(&Gap::LOST_BYTES));
        }
        if culprit == Culprit::Body {
            secret = Secret::OfAnotherBody;
        }
        let time = Time::of(&provider, &explanation, clock.now).refined(received.as_ref().err());
        let report = report
            .with_step("secret", secret.shown(name, source))
            .with_step("time", time.shown(clock));

        let padding = format!(
            "{source} has white space around the secret: remove it, and the secret is right"
        );
        Ok(match received {
            Ok(_) if is_padded => report.unusable(padding),
            Ok(_) if is_partial => report.verified_in_part(request),
            Ok(received) => {
                match seen_with_other_content(nth, name, &explanation, &mut self.bound) {
                    Some(first) => report.reused(first),
                    None => report.verified(request, received),
                }
            }
            Err(refusal) => {
                let mut causes = suspect.causes(&refusal, &secret, mismatch.as_ref(), time);
                if is_padded && matches!(secret, Secret::Right { .. }) {
                    causes.insert(0, padding);
                }
                report.refused(&refusal, causes)
            }
        })
    }

    fn clock(&self, request: &Request) -> Clock {
        match (self.at, request.arrival) {
            (Some(now), _) => Clock { now, name: "the time of --at" },
            (None, Some(Arrival::Captured(now))) => Clock { now, name: "it arrived" },
            (None, Some(Arrival::Responded(now))) => {
                Clock { now, name: "the date of the response" }
            }
            (None, None) => Clock { now: SystemTime::now(), name: Clock::NOW },
        }
    }
}

/// The earlier delivery to which hooks would have bound this ZEGO signature, if its content
/// differs.
fn seen_with_other_content(
    nth: usize,
    provider: ProviderName,
    explanation: &Explanation,
    bound: &mut HashMap<String, (usize, Option<Value>)>,
) -> Option<usize> {
    let presented = explanation.presented.as_ref().filter(|_| provider == ProviderName::Zego)?;
    // The case of hexadecimal digits does not matter.
    let signature = presented.to_ascii_lowercase();
    let (first, event) = bound.entry(signature).or_insert((nth, explanation.event.clone()));
    (*event != explanation.event).then_some(*first)
}
