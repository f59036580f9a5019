use std::io::Write;

use clap::Args;
use room_hooks::inbox::InboxStore;
use room_hooks_ui::parts::rough;
use serde_json::json;

use crate::{Error, ExitStatus, table, terminal};

/// Counts the events in each state, and shows how long the oldest has waited.
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
    let ready = format!("waiting for a worker or the next attempt{}", oldest.unwrap_or_default());
    let rows = [
        ("ready", stats.ready, &*ready),
        ("leased", stats.leased, "being handled by a worker"),
        ("done", stats.done, ""),
        ("dead", stats.dead, "failed permanently"),
    ];
    let rows = rows.map(|(state, count, note)| [state.into(), count.to_string(), note.into()]);
    table::print(rows, &[1])?;
    Ok(ExitStatus::Success)
}
