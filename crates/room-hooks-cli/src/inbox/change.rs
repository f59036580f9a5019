//! `room-hooks inbox retry` and `room-hooks inbox discard`.

use std::{io::Write, sync::Arc, time::SystemTime};

use clap::{ArgGroup, Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use room_hooks::inbox::{EventState, InboxError, InboxStore};
use room_hooks_ui::parts::{Action, Pages};
use serde_json::json;

use crate::{Error, ExitStatus, terminal};

use super::filter::Filter;

/// Makes dead events ready again, with as many attempts as new events.
///
/// If workers keep the order of each room, a retried event runs after later events that are already
/// done.
#[derive(Debug, Args)]
#[command(after_help = RETRY_EXAMPLES)]
#[command(group = ArgGroup::new("which").args(["sequences", "all"]))]
pub(super) struct RetryArguments {
    /// The sequences of the events, as `list` prints them. Without any, all dead events that match
    /// the filters
    #[arg(value_name = "SEQUENCE")]
    sequences: Vec<i64>,
    /// Retries all dead events
    #[arg(long)]
    all: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: Filter,
}

const RETRY_EXAMPLES: &str = "\
Examples:
  room-hooks inbox retry 17 21
  room-hooks inbox retry --kind zego/room_create --error 'connection refused'
  room-hooks inbox retry --all";

/// Removes ready or dead events, so that no handler runs for them.
///
/// Leased events cannot be discarded; done events need not be.
#[derive(Debug, Args)]
#[command(after_help = DISCARD_EXAMPLES)]
pub(super) struct DiscardArguments {
    /// The sequences of the events, as `list` prints them. Without any, all events that match the
    /// filters
    #[arg(value_name = "SEQUENCE")]
    sequences: Vec<i64>,
    /// Discards events in this state
    #[arg(long, value_enum, default_value_t = Discardable::Dead, conflicts_with = "sequences")]
    state: Discardable,
    /// Discards the matching events. Without this option, they are only counted
    #[arg(long, conflicts_with = "sequences")]
    yes: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: Filter,
}

/// The state of an event that can be discarded.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Discardable {
    /// Waiting for a worker or the next attempt
    Ready,
    /// Failed permanently
    Dead,
}

const DISCARD_EXAMPLES: &str = "\
Examples:
  room-hooks inbox discard 17
  room-hooks inbox discard --room lobby                      only counts the dead events
  room-hooks inbox discard --room lobby --yes
  room-hooks inbox discard --state ready --kind 103 --yes    also events that were never handled

Discarded events cannot be restored.";

pub(super) async fn retry(
    inbox: &Arc<dyn InboxStore>,
    arguments: &RetryArguments,
) -> Result<ExitStatus, Error> {
    let RetryArguments { sequences, all, filter, json } = arguments;
    let sequences = if sequences.is_empty() {
        if !all && filter.is_empty() {
            return Err("no events given; name them, or use filters or --all".into());
        }
        matching(&**inbox, EventState::Dead, filter).await?
    } else {
        named(sequences, filter)?
    };
    apply(Action::Retry, inbox, &sequences, "retried", *json).await
}

pub(super) async fn discard(
    inbox: &Arc<dyn InboxStore>,
    arguments: &DiscardArguments,
) -> Result<ExitStatus, Error> {
    let DiscardArguments { sequences, state, filter, yes, json } = arguments;
    let sequences = if sequences.is_empty() {
        let state = match state {
            Discardable::Ready => EventState::Ready,
            Discardable::Dead => EventState::Dead,
        };
        let found = matching(&**inbox, state, filter).await?;
        if !yes && !found.is_empty() {
            let count = found.len();
            terminal::note(&format!("{count} events match; --yes discards them"));
            return Ok(ExitStatus::Unsuccessful);
        }
        found
    } else {
        named(sequences, filter)?
    };
    apply(Action::Discard, inbox, &sequences, "discarded", *json).await
}

fn named(sequences: &[i64], filter: &Filter) -> Result<Vec<i64>, Error> {
    match filter.is_empty() {
        true => Ok(sequences.to_vec()),
        false => Err("name events or use filters, not both".into()),
    }
}

async fn matching(
    inbox: &dyn InboxStore,
    state: EventState,
    filter: &Filter,
) -> Result<Vec<i64>, InboxError> {
    let now = SystemTime::now();
    let (mut pages, mut found) = (Pages::new(inbox, Some(state), 0), Vec::new());
    while let Some(page) = pages.next().await? {
        let matching = page.iter().filter(|record| filter.matches(record, now));
        found.extend(matching.map(|record| record.sequence));
    }
    Ok(found)
}

async fn apply(
    action: Action,
    inbox: &Arc<dyn InboxStore>,
    sequences: &[i64],
    done: &'static str,
    json: bool,
) -> Result<ExitStatus, Error> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?;
    let progress = ProgressBar::new(sequences.len() as u64).with_style(style);
    let unchanged = action.apply(inbox, sequences, |events| progress.inc(events as u64)).await?;
    progress.finish_and_clear();
    let changed = sequences.len() - unchanged.len();
    if json {
        writeln!(terminal::exact(), "{}", json!({ done: changed, "unchanged": unchanged }))?;
    } else {
        writeln!(terminal::out(), "{changed} {done}")?;
    }
    for sequence in &unchanged {
        let state = inbox.get(*sequence).await?.map(|(record, _)| record.state.name());
        let state = state.map_or("is not in the inbox".into(), |state| format!("is {state}"));
        terminal::note(&format!("{sequence} {state}, and was not {done}"));
    }
    Ok(match unchanged.is_empty() {
        true => ExitStatus::Success,
        false => ExitStatus::Unsuccessful,
    })
}
