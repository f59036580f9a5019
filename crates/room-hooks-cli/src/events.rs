use std::{
    io::{self, Write},
    iter,
};

use clap::Args;
use room_hooks::testing::{Sample, question_samples, samples};
use serde_json::json;

use crate::{Error, ExitStatus, table, terminal};

/// Lists every typed event and question by its name on the wire.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  room-hooks events | grep Live\n  room-hooks events --json")]
pub(crate) struct Arguments {
    /// Prints a JSON list with a sample of each
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
    print("event (as `send` takes it)", samples())?;
    writeln!(terminal::out())?;
    print("question", question_samples())?;
    terminal::note("every other callback arrives as a RawEvent; `send --body-file` sends one");
    Ok(ExitStatus::Success)
}

fn print(kind: &str, samples: impl Iterator<Item = Sample>) -> io::Result<()> {
    let rows = samples.map(|sample| [sample.provider, sample.kind, sample.type_name]);
    let rows = iter::once(["provider", kind, "type"]).chain(rows);
    table::print(rows.map(|row| row.map(str::to_owned)), &[])
}
