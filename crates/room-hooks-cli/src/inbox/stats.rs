use std::io::Write;

use clap::Args;
use room_hooks::inbox::InboxStore;
use serde_json::json;

use crate::{Error, ExitStatus, terminal};

use super::rough;

/// Counts the events in each state, and says for how long the oldest has waited.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    inbox: &dyn InboxStore,
    arguments: &Arguments,
) -> Result<ExitStatus, Error> {
    let stats = inbox.stats().await?;
    if arguments.json {
        let stats = json!({
            "ready": stats.ready, "leased": stats.leased, "done": stats.done, "dead": stats.dead,
            "oldest_ready_seconds": stats.oldest_ready.map(|oldest| oldest.as_secs_f64()),
        });
        writeln!(terminal::exact(), "{stats}")?;
        return Ok(ExitStatus::Success);
    }
    let oldest = stats.oldest_ready.map(|oldest| format!(", the oldest for {}", rough(oldest)));
    let oldest = oldest.unwrap_or_default();
    let mut out = terminal::out();
    writeln!(out, "ready  {:>8}  wait for a worker or their next attempt{oldest}", stats.ready)?;
    writeln!(out, "leased {:>8}  a worker has them", stats.leased)?;
    writeln!(out, "done   {:>8}", stats.done)?;
    writeln!(out, "dead   {:>8}  failed for good", stats.dead)?;
    Ok(ExitStatus::Success)
}
