//! The measured servers, each in its own process.

mod actix;
mod axum;
mod warp;

use std::{
    error::Error,
    fs,
    hint::black_box,
    io::{self, Write},
    net::TcpListener,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use room_hooks::{Hooks, RoomCreated, inbox::InboxStore, zego::Zego};
use room_hooks_sqlite::SqliteInbox;
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};

use crate::contender::{Framework, Variant};

static HANDLED: AtomicUsize = AtomicUsize::new(0);

static INBOX: LazyLock<(SqliteInbox, TempDir)> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a temporary directory can be created");
    let inbox = SqliteInbox::open(directory.path().join("inbox.db"));
    (inbox.expect("a new file can be opened"), directory)
});

/// Serves until standard input closes. Prints its address first, and the number of handled or
/// stored events at the end.
pub fn serve(framework: Framework, variant: Variant) -> Result<(), Box<dyn Error>> {
    thread::spawn(move || {
        // The input closes whenever the measuring process exits. The output may close, too, but a
        // failure to write to it must not keep the server alive.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let count = match variant {
            Variant::Inbox => stored(),
            _ => HANDLED.load(Ordering::Relaxed),
        };
        let _ = writeln!(io::stdout(), "{count}");
        process::exit(0);
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?);
    match framework {
        Framework::Axum => axum::serve(variant, listener),
        Framework::Actix => actix::serve(variant, listener),
        Framework::Warp => warp::serve(variant, listener),
    }
}

/// Handles an event, in all servers.
fn handle(event: &RoomCreated) {
    black_box(event);
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Hooks that store events. No worker handles them.
fn inbox(zego: Zego) -> Hooks<Zego> {
    // Other programs may slow down the disk, and a 503 would end the measurement.
    Hooks::new(zego).with_inbox(INBOX.0.clone()).with_inbox_timeout(Duration::from_secs(10))
}

/// Counts the stored events, and removes the inbox.
fn stored() -> usize {
    let (inbox, directory) = &*INBOX;
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime can be built");
    let stats = runtime.block_on(inbox.stats()).expect("the inbox can be counted");
    let _ = fs::remove_dir_all(directory.path());
    stats.ready as usize
}

/// The runtime of the servers. With a single worker thread, hooks would run their handlers on a
/// separate runtime.
fn two_workers() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
