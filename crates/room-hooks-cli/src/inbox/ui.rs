use std::{io, net::SocketAddr, sync::Arc};

use clap::Args;
use room_hooks::inbox::InboxStore;
use room_hooks_ui::inbox_page;
use tracing_subscriber::filter::LevelFilter;

use crate::{Error, ExitStatus, page::PageAddress, stop::shutdown_signal, terminal};

/// Serves a page on this machine that shows waiting and failed events, and retries or discards
/// them.
///
/// Its address contains a random token, which is new each time. Anyone on this machine who has the
/// address can read and discard all events.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The loopback address to serve the page on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    addr: SocketAddr,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks inbox ui --inbox rooms.db
  room-hooks inbox ui --addr 127.0.0.1:4000    on another machine: ssh -L 4000:127.0.0.1:4000 host

Ctrl-C stops it.";

pub(super) async fn run(
    inbox: Arc<dyn InboxStore>,
    arguments: &Arguments,
) -> Result<ExitStatus, Error> {
    // The page says only that the inbox does not respond. This log says why.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_ansi(false)
        .with_target(false)
        .with_writer(io::stderr)
        .init();
    let address = PageAddress::bind(arguments.addr).await?;
    let page = inbox_page(inbox, address.hosts());
    terminal::note(&format!("listening on {}", address.url()));
    terminal::note("anyone on this machine who has this address can read and discard events");
    address.serve(page, shutdown_signal()).await?;
    Ok(ExitStatus::Success)
}
