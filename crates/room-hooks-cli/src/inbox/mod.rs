//! `room-hooks inbox`: the commands for the operator of an inbox.

mod change;
mod filter;
mod list;
mod open;
mod prune;
mod show;
mod stats;
mod ui;

use std::sync::Arc;

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
or in a browser:
  room-hooks inbox ui

Errors and payloads may contain personal data.";

#[derive(Debug, Subcommand)]
enum Command {
    Stats(stats::Arguments),
    List(list::Arguments),
    Show(show::Arguments),
    Retry(change::RetryArguments),
    Discard(change::DiscardArguments),
    Prune(prune::Arguments),
    Ui(ui::Arguments),
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
            Command::Ui(arguments) => ui::run(inbox, arguments).await,
        }
    })
}
