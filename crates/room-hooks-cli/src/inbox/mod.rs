//! `room-hooks inbox`: the commands for the operator of an inbox.

mod change;
mod filter;
mod list;
mod open;
mod prune;
mod show;
mod stats;

use std::{sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use room_hooks::inbox::InboxStore;
use tokio::runtime;

use crate::{Error, ExitStatus};

use self::open::Location;

/// Shows the events in an inbox, and retries, discards or removes them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    location: Location,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Find a dead event, see why it failed, and retry it:
  export ROOM_HOOKS_INBOX=rooms.db             or postgres://user@host/database
  room-hooks inbox stats
  room-hooks inbox list --state dead
  room-hooks inbox show 17
  room-hooks inbox retry 17
  room-hooks inbox list --state dead

Errors and payloads may contain personal data.";

#[derive(Debug, Subcommand)]
enum Command {
    Stats(stats::Arguments),
    List(list::Arguments),
    Show(show::Arguments),
    Retry(change::RetryArguments),
    Discard(change::DiscardArguments),
    Prune(prune::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let inbox: Arc<dyn InboxStore> = arguments.location.open().await?;
        match &arguments.command {
            Command::Stats(arguments) => stats::run(&*inbox, arguments).await,
            Command::List(arguments) => list::run(&*inbox, arguments).await,
            Command::Show(arguments) => show::run(&*inbox, arguments).await,
            Command::Retry(arguments) => change::retry(&inbox, arguments).await,
            Command::Discard(arguments) => change::discard(&inbox, arguments).await,
            Command::Prune(arguments) => prune::run(&*inbox, arguments).await,
        }
    })
}

/// Formats a duration in the largest unit that it fills.
fn rough(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_shown_in_its_largest_unit() {
        let shown = |seconds| rough(Duration::from_secs(seconds));
        assert_eq!([0, 59, 60, 3_599].map(shown), ["0s", "59s", "1m", "59m"]);
        assert_eq!([3_600, 86_399, 86_400, 8_640_000].map(shown), ["1h", "23h", "1d", "100d"]);
    }
}
