use std::io::Write;

use clap::Args;
use room_hooks::testing::samples;
use serde_json::json;

use crate::{Error, ExitStatus, terminal};

/// Lists every event that has a type, by its name on the wire.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  room-hooks events | grep Live\n  room-hooks events --json")]
pub(crate) struct Arguments {
    /// Prints a JSON list, with a sample of each
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    if arguments.json {
        let events: Vec<_> = samples()
            .map(|sample| {
                json!({
                    "provider": sample.provider, "event": sample.name, "send": sample.kind,
                    "type": sample.type_name, "sample": sample.event(),
                })
            })
            .collect();
        writeln!(terminal::exact(), "{}", serde_json::to_string_pretty(&events)?)?;
        return Ok(ExitStatus::Success);
    }
    let mut out = terminal::out();
    let width = samples().map(|sample| sample.kind.len()).max().unwrap_or_default();
    writeln!(out, "{:<8} {:<width$} type", "provider", "event (as `send` takes it)")?;
    for sample in samples() {
        writeln!(out, "{:<8} {:<width$} {}", sample.provider, sample.kind, sample.type_name)?;
    }
    terminal::note("every other callback arrives as a RawEvent; `send --body-file` sends one");
    Ok(ExitStatus::Success)
}
