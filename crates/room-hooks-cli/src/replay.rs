use std::{
    collections::{HashMap, hash_map::Entry},
    io::Write,
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    encoding::Encoding,
    http::Target,
    input,
    provider::Provider,
    recording::{Record, VerifiedRecord},
    speed::Speed,
    terminal::{self, DIM},
};

/// Sends a recording again, in its order and at its pace, and re-signs each delivery that a
/// signature verified.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A recording from `listen --record`. Protect it like the secret: anyone who can edit it can
    /// have anything signed
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    credentials: Credentials,
    /// Sends every delivery byte for byte as it was recorded, and re-signs none; a correct receiver
    /// refuses a stale one
    #[arg(long)]
    as_recorded: bool,
    /// So many times as fast as it was recorded
    #[arg(long, value_name = "FACTOR", default_value_t = Speed::ONE)]
    speed: Speed,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks replay recording.jsonl
  room-hooks replay recording.jsonl --speed 100 --to http://localhost:8080
  room-hooks replay recording.jsonl --as-recorded     does the receiver refuse stale deliveries?

A delivery that was refused when it arrived is never signed, nor is one that carried no signature or
that an older version recorded without saying how it was verified. It is sent byte for byte as it was recorded.

Exit status: 0 if all were acknowledged, 1 if not, 2 if something could not be sent.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let file = &arguments.file;
    let records = Record::read_all(&input::read(file)?)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    let mut providers = HashMap::new();
    for name in records.iter().map(|(_, record)| record.provider) {
        if let Entry::Vacant(provider) = providers.entry(name) {
            provider
                .insert((arguments.credentials.provider(name)?, arguments.target.client(name)?));
        }
    }
    let mut status = ExitStatus::Success;
    let mut unsent = None;
    let mut before: Option<&Record> = None;
    for (number, record) in &records {
        let gap = before.map_or(0, |before| record.at.saturating_sub(before.at));
        pause(arguments.speed.shorten(Duration::from_millis(gap)))?;
        before = Some(record);
        let Some((provider, client)) = providers.get(&record.provider) else { continue };
        let delivery = match record.verified() {
            _ if arguments.as_recorded => record.as_recorded()?,
            Ok(verified) => resigned(verified, provider)?,
            // A signature could make a forgery authentic.
            Err(why) => {
                terminal::note(&format!("line {number} {why}: sent as recorded, not signed"));
                record.as_recorded()?
            }
        };
        let answer = match client.post(&delivery) {
            Ok(answer) => answer,
            // An attacker may have chosen its bytes, and must not keep the rest from being sent.
            Err(error) if !arguments.as_recorded && record.verified().is_err() => {
                unsent.get_or_insert(format!("line {number}: {error}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        writeln!(
            terminal::out(),
            "{} {DIM}{:<8}{DIM:#} {} {}",
            terminal::status(answer.status),
            record.provider,
            terminal::plain(&provider.event_name(record)?),
            answer.body
        )?;
        if !answer.is_success() {
            status = ExitStatus::Unsuccessful;
        }
    }
    unsent.map_or(Ok(status), |error| Err(error.into()))
}

/// Waits, and says so where it takes long.
fn pause(pause: Duration) -> Result<(), Error> {
    match pause > Duration::from_secs(2) {
        true => terminal::wait(pause, "the next was recorded later: it comes")?,
        false => thread::sleep(pause),
    }
    Ok(())
}

/// The event of a verified record with a new signature, in the encoding that it had.
fn resigned(verified: VerifiedRecord<'_>, provider: &Provider) -> Result<SignedDelivery, Error> {
    let record = verified.record();
    let body = record.body()?;
    let explanation = provider.explain(record.as_delivery(&body));
    let Some(mut event) = explanation.event.filter(serde_json::Value::is_object) else {
        terminal::note("there is no event to sign in this one; it is sent as it was recorded");
        return record.as_recorded();
    };
    let command = explanation.read.iter().find(|(name, _)| *name == "CallbackCommand");
    if let Some((name, command)) = command {
        // In the query alone, perhaps; the signer takes it from the event.
        event[*name] = command.as_str().into();
    }
    provider.sign(&event, Encoding::of(&body), SystemTime::now())
}
