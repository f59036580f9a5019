use std::{io::Write, time::Duration};

use clap::Args;
use indicatif::ProgressBar;
use room_hooks::inbox::{InboxStore, Retention};
use serde_json::json;
use tokio::time::sleep;

use crate::{Error, ExitStatus, terminal};

/// Removes events that have been done or dead for a long time, as workers do automatically.
///
/// Removes them in small batches, so that other users of the database do not wait. Their ids remain
/// until the sender no longer retries.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Removes events that have been done for longer than this
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, default_value = "7d")]
    done: Duration,
    /// Removes events that have been dead for longer than this
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, default_value = "90d")]
    dead: Duration,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Example:
  room-hooks inbox prune --done 1d --dead 30d";

const BATCH: usize = 500;

/// The pause between batches, in which others can use the database.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) async fn run(
    inbox: &dyn InboxStore,
    arguments: &Arguments,
) -> Result<ExitStatus, Error> {
    let retention = Retention::new(arguments.done, arguments.dead);
    let (progress, mut removed) = (ProgressBar::new_spinner(), 0);
    loop {
        let batch = inbox.prune(retention, BATCH).await?;
        removed += batch;
        progress.set_message(format!("{removed} removed"));
        if batch < BATCH {
            break;
        }
        sleep(PAUSE).await;
    }
    progress.finish_and_clear();
    match arguments.json {
        true => writeln!(terminal::exact(), "{}", json!({ "removed": removed }))?,
        false => writeln!(terminal::out(), "{removed} removed")?,
    }
    Ok(ExitStatus::Success)
}
