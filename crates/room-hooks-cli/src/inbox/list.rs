use std::{io::Write, iter, time::SystemTime};

use clap::{Args, ValueEnum};
use room_hooks::inbox::{EventRecord, EventState, InboxStore};
use room_hooks_ui::parts::{Pages, age, beginning};
use serde_json::{Value, json};

use crate::{Error, ExitStatus, table, terminal};

use super::filter::Filter;

/// Lists events in order of arrival, without their payloads.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Only events in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only events after this sequence
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: i64,
    /// Lists at most N events
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Prints a line of JSON for each event
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: Filter,
}

/// The state of events.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// Waiting for a worker or the next attempt
    Ready,
    /// Being handled by a worker
    Leased,
    /// Its handler succeeded
    Done,
    /// Failed permanently
    Dead,
}

impl State {
    fn event_state(self) -> EventState {
        match self {
            Self::Ready => EventState::Ready,
            Self::Leased => EventState::Leased,
            Self::Done => EventState::Done,
            Self::Dead => EventState::Dead,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  room-hooks inbox list --state dead --error timeout
  room-hooks inbox list --room lobby --newer-than 2h
  room-hooks inbox list --state ready --older-than 1h --json | jq .kind";

pub(super) async fn run(
    inbox: &dyn InboxStore,
    arguments: &Arguments,
) -> Result<ExitStatus, Error> {
    let now = SystemTime::now();
    let state = arguments.state.map(State::event_state);
    let mut pages = Pages::new(inbox, state, arguments.after);
    let (mut count, mut last, mut is_complete) = (0, arguments.after, true);
    let mut rows = Vec::new();
    'pages: while let Some(page) = pages.next().await? {
        for record in page.iter().filter(|record| arguments.filter.matches(record, now)) {
            if count == arguments.limit {
                is_complete = false;
                break 'pages;
            }
            if arguments.json {
                writeln!(terminal::exact(), "{}", to_json(record))?;
            } else {
                rows.push(row(record));
            }
            (count, last) = (count + 1, record.sequence);
        }
    }
    if !rows.is_empty() {
        let header = ["sequence", "state", "tries", "age", "kind", "room", "error"];
        table::print(iter::once(header.map(str::to_owned)).chain(rows), &[0, 2, 3])?;
    }
    if !is_complete {
        terminal::note(&format!(
            "there are more: --after {last} continues; --limit shows more at once"
        ));
    } else if count == 0 {
        terminal::note("no event matches");
    }
    Ok(ExitStatus::Success)
}

fn row(record: &EventRecord) -> [String; 7] {
    let state = if record.is_suspect { "suspect" } else { record.state.name() };
    [
        record.sequence.to_string(),
        state.to_owned(),
        record.attempts.to_string(),
        age(record),
        record.kind.clone(),
        record.room.as_deref().unwrap_or("-").to_owned(),
        // Shortened, so that a line stays readable. `show` prints the whole error.
        beginning(record.error.as_deref().unwrap_or_default(), 80),
    ]
}

pub(super) fn to_json(record: &EventRecord) -> Value {
    json!({
        "sequence": record.sequence,
        "state": record.state.name(),
        "suspect": record.is_suspect,
        "kind": record.kind,
        "format_version": record.format_version,
        "room": record.room,
        "received_at": humantime::format_rfc3339_millis(record.received_at).to_string(),
        "attempts": record.attempts,
        "failures": record.failures,
        "crashes": record.crashes,
        "due_in_seconds": record.due_in.map(|span| span.as_secs_f64()),
        "finished_seconds_ago": record.finished_ago.map(|span| span.as_secs_f64()),
        "error": record.error,
        "payload_bytes": record.payload_bytes,
    })
}
