use std::{
    fs,
    io::Write,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;

use crate::{
    Failure, Verdict,
    credentials::Credentials,
    encoding::Encoding,
    factor::Factor,
    http::Target,
    player::Player,
    recording::Record,
    terminal::{self, BAD, DIM, GOOD},
};

/// Sends a recording again, in its order and at its pace, each delivery signed anew.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What `listen --record` wrote
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    credentials: Credentials,
    /// Sends each byte for byte as it was recorded; a correct receiver refuses it when it is stale
    #[arg(long)]
    as_recorded: bool,
    /// So many times as fast as it was recorded
    #[arg(long, value_name = "FACTOR", default_value_t = Factor::ONE)]
    speed: Factor,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks replay recording.jsonl
  room-hooks replay recording.jsonl --speed 100 --to http://localhost:8080
  room-hooks replay recording.jsonl --as-recorded     is what is stale refused?

Exit status: 0 if all were acknowledged, 1 if not, 2 if something could not be sent.";

pub(crate) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let file = &arguments.file;
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let records = Record::read_all(&bytes)?;
    let mut verdict = Verdict::Yes;
    let mut before: Option<&Record> = None;
    for record in &records {
        let gap = before.map_or(0, |before| record.at.saturating_sub(before.at));
        std::thread::sleep(arguments.speed.shorten(Duration::from_millis(gap)));
        before = Some(record);
        let delivery = match arguments.as_recorded {
            true => record.signed_delivery()?,
            false => signed_anew(record, &arguments.credentials.player(record.provider)?)?,
        };
        let answer = arguments.target.line(record.provider)?.post(&delivery)?;
        let style = if answer.is_success() { GOOD } else { BAD };
        writeln!(
            terminal::out(),
            "{style}{}{style:#} {DIM}{:<8}{DIM:#} {} {}",
            answer.status,
            record.provider,
            record.event_name(),
            answer.body
        )?;
        if !answer.is_success() {
            verdict = Verdict::No;
        }
    }
    Ok(verdict)
}

/// The event of a recording under a signature of now, encoded as it was.
fn signed_anew(record: &Record, player: &Player) -> Result<SignedDelivery, Failure> {
    let body = record.body()?;
    let explanation = player.explain(record.as_delivery(&body));
    let Some(mut event) = explanation.event.filter(serde_json::Value::is_object) else {
        terminal::note("there is no event to sign in this one; it is sent as it was recorded");
        return record.signed_delivery();
    };
    let read = |wanted: &str| {
        explanation.read.iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.as_str())
    };
    if let Some(command) = read("CallbackCommand") {
        // In the query alone, perhaps; the signer takes it from the event.
        event["CallbackCommand"] = command.into();
    }
    let encoding = match read("encoding") {
        Some("form") => Encoding::Form,
        Some("percent-encoded JSON") => Encoding::Percent,
        _ => Encoding::Json,
    };
    let mut delivery = player.sign(&event, SystemTime::now())?;
    delivery.body = encoding.apply(delivery.body)?;
    Ok(delivery)
}
