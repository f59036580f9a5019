use std::io::Write;

use clap::Args;
use room_hooks::inbox::{EventRecord, InboxStore, NewEvent};
use room_hooks_ui::parts::{age, attempts, state, utc};
use serde_json::Value;

use crate::{Error, ExitStatus, terminal};

use super::list::to_json;

/// Shows an event with its error and its payload, which may contain personal data.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The sequence of the event, as `list` prints it
    sequence: i64,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    inbox: &dyn InboxStore,
    arguments: &Arguments,
) -> Result<ExitStatus, Error> {
    let sequence = arguments.sequence;
    let Some((record, event)) = inbox.get(sequence).await? else {
        terminal::note(&format!("the inbox has no event {sequence}"));
        return Ok(ExitStatus::Unsuccessful);
    };
    // A payload that is not JSON, such as one in a future format, is shown as text.
    let payload = serde_json::from_slice(&event.payload);
    let mut payload: Value =
        payload.unwrap_or_else(|_| String::from_utf8_lossy(&event.payload).into());
    if arguments.json {
        let mut shown = to_json(&record);
        shown["id"] = event.id.map(|id| id.to_string()).into();
        shown["payload"] = payload;
        writeln!(terminal::exact(), "{shown}")?;
    } else {
        // The document is stored as text, so that every number stays as it arrived. JSON is easier
        // to read.
        if let Some(document) = payload.get_mut("document")
            && let Some(parsed) = document.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            *document = parsed;
        }
        print(&record, &event, &payload)?;
    }
    Ok(ExitStatus::Success)
}

fn print(record: &EventRecord, event: &NewEvent, payload: &Value) -> Result<(), Error> {
    let received = format!("{}, {} ago", utc(record.received_at), age(record));
    let fields = [
        ("sequence", record.sequence.to_string()),
        ("state", state(record)),
        ("kind", record.kind.clone()),
        ("room", record.room.clone().unwrap_or_else(|| "-".into())),
        ("received", received),
        ("attempts", attempts(record)),
        ("error", record.error.clone().unwrap_or_else(|| "-".into())),
        ("id", event.id.map_or_else(|| "-".into(), |id| id.to_string())),
        ("format", record.format_version.to_string()),
    ];
    let mut out = terminal::out();
    for (name, value) in fields {
        writeln!(out, "{name:<9} {}", terminal::plain(&value))?;
    }
    writeln!(out, "payload   {} bytes", record.payload_bytes)?;
    for line in serde_json::to_string_pretty(payload)?.lines() {
        writeln!(out, "  {}", terminal::plain(line))?;
    }
    Ok(())
}
