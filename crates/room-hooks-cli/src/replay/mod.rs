//! `room-hooks replay`: sends a recording again.

mod selection;

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    io::Write,
    path::PathBuf,
    thread,
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use room_hooks::testing::SignedDelivery;

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    http::{Client, Target},
    input,
    paths::Paths,
    provider::{Provider, ProviderName},
    recording::Record,
    resign,
    speed::Speed,
    subject::Subject,
    terminal::{self, DIM},
};

use self::selection::Selection;

/// Sends a recording again, in its original order and timing, and re-signs each delivery that a
/// signature verified.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A recording from `listen --record`, or `-` for standard input. Protect it like the secret:
    /// anyone who can edit it can make `replay` sign anything
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    credentials: Credentials,
    /// Sends every delivery byte for byte as recorded, and re-signs none; a correct receiver
    /// refuses stale deliveries
    #[arg(long)]
    as_recorded: bool,
    /// Replays at this multiple of the recorded speed
    #[arg(long, value_name = "FACTOR", default_value_t = Speed::ONE)]
    speed: Speed,
    #[command(flatten)]
    selection: Selection,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks replay recording.jsonl
  room-hooks replay recording.jsonl --speed 100 --to http://localhost:8080
  room-hooks replay recording.jsonl --path zego=/callbacks/zego --path trtc=/callbacks/trtc
  room-hooks replay recording.jsonl --provider zego --event room_create --room lobby
  room-hooks replay recording.jsonl --as-recorded     does the receiver refuse stale deliveries?
  room-hooks replay recording.jsonl --verified        without refused deliveries
  grep lobby recording.jsonl | room-hooks replay -

A delivery goes to the path of --to. Without one, it goes to the path that --path gives for its \
provider, else to its recorded path, else to /hooks/PROVIDER.

Deliveries that were refused when they arrived, that carried no signature, or that an older version \
recorded without a verification status are never signed. They are sent byte for byte as recorded.

A receiver that has already handled an event treats it as a duplicate, even if it is re-signed: it \
acknowledges the event and calls no handler.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    if let (Some(path), false) = (arguments.target.path(), arguments.paths.is_empty()) {
        return Err(format!("--path has no effect, because --to has the path {path}").into());
    }
    let file = &arguments.file;
    let records = Record::read_all(&input::read(file)?)
        .map_err(|error| format!("{}: {error}", input::name(file)))?;
    let mut receivers = Receivers { arguments, providers: HashMap::new(), clients: HashMap::new() };
    let (mut selected, mut events) = (Vec::new(), BTreeSet::new());
    for (number, record) in &records {
        // The secrets of other providers may be missing.
        if !arguments.selection.includes_provider(record.provider) {
            continue;
        }
        let body = record.body().map_err(|error| format!("line {number}: {error}"))?;
        let provider = receivers.provider(record.provider)?;
        let subject = Subject::of(provider, record.as_delivery(&body));
        events.extend(subject.as_ref().map(|subject| terminal::plain(&subject.name)));
        if arguments.selection.includes(record, subject.as_ref()) {
            selected.push((*number, record, subject));
        }
    }
    if selected.is_empty() {
        return Err(
            format!("no delivery in the recording matches the filters{}", listed(&events)).into()
        );
    }
    let providers = selected.iter().map(|(_, record, _)| record.provider);
    arguments.credentials.check_scope("recording", "select one with --provider", providers)?;

    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {wide_msg}")?;
    let progress = ProgressBar::new(selected.len() as u64).with_style(style);
    let mut status = ExitStatus::Success;
    let mut unsent = None;
    let (count, mut acknowledged) = (selected.len(), 0);
    let mut before: Option<&Record> = None;
    for (number, record, subject) in selected {
        let gap = before.map_or(0, |before| record.at.saturating_sub(before.at));
        pause(arguments.speed.shorten(Duration::from_millis(gap)), &progress);
        before = Some(record);
        let delivery = receivers.delivery(number, record, &progress)?;
        let answer = match receivers.client(record)?.post(&delivery) {
            Ok(answer) => answer,
            // An attacker may have chosen the bytes of this delivery, and must not be able to stop
            // the rest of the replay.
            Err(error) if !arguments.as_recorded && record.verified().is_err() => {
                unsent.get_or_insert(format!("line {number}: {error}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        let name = subject.as_ref().map_or("-", |subject| &subject.name);
        let room = subject.as_ref().and_then(|subject| subject.room_id.as_deref()).unwrap_or("-");
        progress.suspend(|| {
            let line = format!(
                "{} {DIM}{:<8}{DIM:#} {} {} {}",
                terminal::status(answer.status),
                record.provider,
                terminal::plain(name),
                terminal::plain(room),
                answer.body
            );
            writeln!(terminal::out(), "{}", line.trim_end())
        })?;
        progress.inc(1);
        match answer.is_success() {
            true => acknowledged += 1,
            false => status = ExitStatus::Unsuccessful,
        }
    }
    progress.finish_and_clear();
    terminal::note(&format!("{acknowledged} of {count} acknowledged"));
    unsent.map_or(Ok(status), |error| Err(error.into()))
}

/// The first few events that a recording contains, as the end of a message.
fn listed(events: &BTreeSet<String>) -> String {
    const MOST: usize = 10;
    let first: Vec<_> = events.iter().take(MOST).map(String::as_str).collect();
    match events.len() {
        0 => String::new(),
        1..=MOST => format!("; the recording contains {}", first.join(", ")),
        more => format!("; the recording contains {}, and {} more", first.join(", "), more - MOST),
    }
}

/// Waits, and announces a long wait.
fn pause(pause: Duration, progress: &ProgressBar) {
    if pause > Duration::from_secs(2) {
        let text = format!("next in {}", humantime::format_duration(rounded(pause)));
        match progress.is_hidden() {
            true => terminal::note(&format!("{text}; --speed shortens the wait")),
            false => progress.set_message(text),
        }
    }
    thread::sleep(pause);
    progress.set_message("");
}

fn rounded(pause: Duration) -> Duration {
    Duration::from_secs(pause.as_secs())
}

/// The receivers of the deliveries, and the providers that sign them.
struct Receivers<'a> {
    arguments: &'a Arguments,
    providers: HashMap<ProviderName, Provider>,
    /// The clients, by path.
    clients: HashMap<String, Client>,
}

impl Receivers<'_> {
    fn provider(&mut self, name: ProviderName) -> Result<&Provider, Error> {
        Ok(match self.providers.entry(name) {
            Entry::Occupied(provider) => provider.into_mut(),
            Entry::Vacant(provider) => provider.insert(self.arguments.credentials.provider(name)?),
        })
    }

    fn client(&mut self, record: &Record) -> Result<&Client, Error> {
        let path = self.arguments.paths.of(record.provider).map(str::to_owned);
        let path = path.unwrap_or_else(|| record.path());
        Ok(match self.clients.entry(path) {
            Entry::Occupied(client) => client.into_mut(),
            Entry::Vacant(client) => {
                let new = self.arguments.target.client(client.key())?;
                client.insert(new)
            }
        })
    }

    /// The delivery to send, re-signed if that is allowed.
    fn delivery(
        &mut self,
        number: usize,
        record: &Record,
        progress: &ProgressBar,
    ) -> Result<SignedDelivery, Error> {
        if self.arguments.as_recorded {
            return record.as_recorded();
        }
        let why = match record.verified() {
            Ok(verified) => {
                let provider = self.provider(record.provider)?;
                if let Some(signed) = resign::with_new_time(verified, provider)? {
                    return Ok(signed);
                }
                "contains no event to sign"
            }
            // Signing the delivery could make a forgery authentic.
            Err(why) => why,
        };
        let note = format!("line {number} {why}: sent as recorded, not signed");
        progress.suspend(|| terminal::note(&note));
        record.as_recorded()
    }
}
