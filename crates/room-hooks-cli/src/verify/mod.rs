mod body;
mod cause;
mod layout;
mod read;
mod secret;
mod show;
mod source;
mod steps;

use std::{collections::HashMap, io::Write, path::PathBuf, time::SystemTime};

use clap::Args;
use room_hooks::{Refusal, testing::Explanation};
use serde_json::Value;

use crate::{
    Error, ExitStatus,
    credentials::{Credentials, FoundSecret, provider_with, secret_in_file},
    input::unix_seconds,
    provider::ProviderName,
    terminal,
};

use self::{
    cause::{Culprit, Suspect},
    read::{Arrival, Request},
    source::Source,
    steps::{Clock, Gap, Secret, Time, named_app},
};

/// Verifies captured callbacks without a network, and explains step by step what was read, signed and computed.
/// For one that is refused, it names the likeliest cause.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Who sent it; guessed from the request if not given
    #[arg(long)]
    provider: Option<ProviderName>,
    #[command(flatten)]
    credentials: Credentials,
    /// A file with another secret, to find out whether that one signed
    #[arg(long, value_name = "FILE")]
    try_secret_file: Vec<PathBuf>,
    /// The receiver's time, in Unix seconds. Otherwise it is when the callback arrived, if the capture says so, or now
    #[arg(long, value_name = "SECONDS", value_parser = unix_seconds)]
    at: Option<SystemTime>,
}

const EXAMPLES: &str = "\
FILE is one of these; its content decides which:
  an HTTP request as on the wire, with Content-Length or chunked
  the output of `curl --trace FILE` (every byte), `--trace-ascii` or `-v` (no body)
  a HAR file, as the developer tools of browsers export
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

Exit status: 0 if all that can be verified does, 1 if a callback is refused, 2 if nothing can be verified.
Without the body, a Tencent callback counts as verified if its token and time are right.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let requests = arguments.source.requests(arguments.provider)?;
    let mut session = Session { arguments, secrets: HashMap::new(), bound: HashMap::new() };
    let mut outcomes = Vec::new();
    for (nth, request) in (1..).zip(&requests) {
        if nth > 1 {
            writeln!(terminal::out())?;
        }
        outcomes.push(session.verify(nth, request)?);
    }
    if outcomes.contains(&Outcome::Refused) {
        Ok(ExitStatus::Unsuccessful)
    } else if outcomes.contains(&Outcome::Verified) {
        Ok(ExitStatus::Success)
    } else {
        Err("nothing can be verified: the capture lacks what the signature is in, or what it \
             covers"
            .into())
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All of it verifies, or all that the capture has of it.
    Verified,
    Refused,
    /// The capture lacks what would prove anything.
    Unknown,
}

/// What is kept from one request to the next.
struct Session<'a> {
    arguments: &'a Arguments,
    secrets: HashMap<ProviderName, Secrets>,
    /// ZEGO's signatures, each with the number and the event of the first delivery that it verified.
    bound: HashMap<String, (usize, Option<Value>)>,
}

/// The secret that was given, and others to try.
struct Secrets {
    app_id: u64,
    given: FoundSecret,
    others: Vec<FoundSecret>,
}

impl Secrets {
    fn new(arguments: &Arguments, provider: ProviderName) -> Result<Self, Error> {
        let others = arguments.try_secret_file.iter().map(|file| secret_in_file(file));
        Ok(Self {
            app_id: arguments.credentials.app_id(provider)?,
            given: arguments.credentials.secret(provider)?,
            others: others.collect::<Result<_, _>>()?,
        })
    }
}

impl Session<'_> {
    fn verify(&mut self, nth: usize, request: &Request) -> Result<Outcome, Error> {
        let name = request.sender();
        show::heading(name, request)?;
        request.notes.iter().for_each(|note| terminal::note(note));
        if let Some(gap) = Gap::of(name, request) {
            show::gap(&gap)?;
            return Ok(Outcome::Unknown);
        }
        if !self.secrets.contains_key(&name) {
            self.secrets.insert(name, Secrets::new(self.arguments, name)?);
        }
        let Secrets { app_id, given, others } = &self.secrets[&name];
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
        show::explanation(&explanation)?;

        let clock = self.clock(request);
        let mut received = provider.receive(delivery, clock.now);
        let lost = request.has_lost_bytes
            && match received {
                Err(Refusal::Malformed { .. }) => true,
                Err(Refusal::WrongSignature) => name == ProviderName::Trtc,
                _ => false,
            };
        // Tencent's query proves the sender without the body.
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
        };
        // Each try costs a digest of the body, so it has to be one of a callback's size.
        let is_too_large = matches!(received, Err(Refusal::BodyTooLarge));
        let mismatch = (secret == Secret::Wrong && !is_too_large).then(|| suspect.why_wrong());
        let culprit = mismatch.as_ref().map_or(Culprit::Unknown, |mismatch| mismatch.culprit);
        if lost && !is_partial && culprit == Culprit::Unknown {
            show::gap(&Gap::LOST_BYTES)?;
            return Ok(Outcome::Unknown);
        }
        if culprit == Culprit::Body {
            secret = Secret::OfAnotherBody;
        }
        let time = Time::of(&provider, &explanation, clock.now).refined(received.as_ref().err());
        show::step("secret", &secret.shown(name, source))?;
        show::step("time", &time.shown(clock))?;

        let padding = format!(
            "{source} has white space around the secret: remove it, and the secret is right"
        );
        match received {
            Ok(_) if is_padded => {
                show::unusable(&padding)?;
                Ok(Outcome::Refused)
            }
            Ok(_) if is_partial => {
                show::verified_in_part(request)?;
                Ok(Outcome::Verified)
            }
            Ok(received) => {
                let first = seen_with_other_content(nth, name, &explanation, &mut self.bound);
                if let Some(first) = first {
                    show::reused(first)?;
                    return Ok(Outcome::Refused);
                }
                show::verified(request, received)?;
                Ok(Outcome::Verified)
            }
            Err(refusal) => {
                let mut causes = suspect.causes(&refusal, &secret, mismatch.as_ref(), time);
                if is_padded && matches!(secret, Secret::Right { .. }) {
                    causes.insert(0, padding);
                }
                show::refused(&refusal, &causes)?;
                Ok(Outcome::Refused)
            }
        }
    }

    fn clock(&self, request: &Request) -> Clock {
        match (self.arguments.at, request.arrival) {
            (Some(now), _) => Clock { now, name: "the time of --at" },
            (None, Some(Arrival::Captured(now))) => Clock { now, name: "it arrived" },
            (None, Some(Arrival::Responded(now))) => {
                Clock { now, name: "the date of the response" }
            }
            (None, None) => Clock { now: SystemTime::now(), name: "now" },
        }
    }
}

/// The delivery that a signature of ZEGO's belongs to, if it is another one: hooks bind it.
fn seen_with_other_content(
    nth: usize,
    provider: ProviderName,
    explanation: &Explanation,
    bound: &mut HashMap<String, (usize, Option<Value>)>,
) -> Option<usize> {
    let signature = explanation.presented.clone().filter(|_| provider == ProviderName::Zego)?;
    let (first, event) = bound.entry(signature).or_insert((nth, explanation.event.clone()));
    (*event != explanation.event).then_some(*first)
}
