use std::io::Write;

use clap::Args;
use room_hooks::testing::{Sample, question_samples, samples};
use serde_json::json;

use crate::{Error, ExitStatus, terminal};

/// Lists every event and question that has a type, by its name on the wire.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  room-hooks events | grep Live\n  room-hooks events --json")]
pub(crate) struct Arguments {
    /// Prints a JSON list, with a sample of each
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    if arguments.json {
        let entry = |sample: Sample, asks: bool| {
            json!({
                "provider": sample.provider, "event": sample.name, "send": sample.kind,
                "type": sample.type_name, "asks": asks, "sample": sample.event(),
            })
        };
        let events = samples().map(|sample| entry(sample, false));
        let questions = question_samples().map(|sample| entry(sample, true));
        let list: Vec<_> = events.chain(questions).collect();
        writeln!(terminal::exact(), "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(ExitStatus::Success);
    }
    let width = samples().map(|sample| sample.kind.len()).max().unwrap_or_default();
    let row = |provider: &str, kind: &str, type_name: &str| {
        writeln!(terminal::out(), "{provider:<8} {kind:<width$} {type_name}")
    };
    row("provider", "event (as `send` takes it)", "type")?;
    for sample in samples() {
        row(sample.provider, sample.kind, sample.type_name)?;
    }
    writeln!(terminal::out())?;
    row("provider", "question", "type")?;
    for sample in question_samples() {
        row(sample.provider, sample.kind, sample.type_name)?;
    }
    terminal::note("every other callback arrives as a RawEvent; `send --body-file` sends one");
    Ok(ExitStatus::Success)
}
