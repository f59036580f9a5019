use std::{io::Write, time::SystemTime};

use clap::{Args, ValueEnum};

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    encoding::Encoding,
    event::EventArguments,
    input::unix_seconds,
    recording::{Record, Verification},
    terminal,
};

/// Signs a callback and prints it without sending it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventArguments,
    #[command(flatten)]
    credentials: Credentials,
    /// The encoding of the body (ZEGO only)
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
    /// The time of signing, in Unix seconds. Defaults to now
    #[arg(long, value_name = "SECONDS", value_parser = unix_seconds)]
    at: Option<SystemTime>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An HTTP request
    #[default]
    Http,
    /// A line of a recording, as `listen --record` writes it
    Json,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks sign room_create --set room_id=lobby
  room-hooks sign 103 | room-hooks verify -
  room-hooks sign room_create --at 1757500000 --format json >> recording.jsonl";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let unsigned = arguments.event.unsigned()?;
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let provider = arguments.credentials.provider(unsigned.provider)?;
    let delivery = provider.sign(&unsigned.event(0)?, arguments.encoding, now)?;
    let record =
        Record::new(unsigned.provider, now, delivery).with_verification(Verification::Signature);
    let mut out = terminal::exact();
    match arguments.format {
        Format::Http => out.write_all(&record.to_http())?,
        Format::Json => writeln!(out, "{}", serde_json::to_string(&record)?)?,
    }
    Ok(ExitStatus::Success)
}
