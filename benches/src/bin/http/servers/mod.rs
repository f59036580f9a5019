//! The servers that are measured, each in a process of its own.

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
    let directory = tempfile::tempdir().expect("there is a directory for temporary files");
    let inbox = SqliteInbox::open(directory.path().join("inbox.db"));
    (inbox.expect("a new file can be opened"), directory)
});

/// Serves until standard input ends, and says at which address and, in the end, how many events were
/// handled or stored.
pub fn serve(framework: Framework, variant: Variant) -> Result<(), Box<dyn Error>> {
    thread::spawn(move || {
        // Whatever ends the one who measures closes the input, and perhaps the output as well: a failure to
        // write to it must not keep the server alive.
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

/// What all handlers do with an event.
fn handle(event: &RoomCreated) {
    black_box(event);
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Hooks that store events, which nobody handles meanwhile.
fn inbox(zego: Zego) -> Hooks<Zego> {
    // Others may use the disk as well, and an answer of 503 would end the measurement.
    Hooks::new(zego).with_inbox(INBOX.0.clone()).with_inbox_timeout(Duration::from_secs(10))
}

/// Counts what is stored, and removes it.
fn stored() -> usize {
    let (inbox, directory) = &*INBOX;
    let runtime = runtime::Builder::new_current_thread().build().expect("there is a runtime");
    let stats = runtime.block_on(inbox.stats()).expect("the inbox can be counted");
    let _ = fs::remove_dir_all(directory.path());
    stats.ready as usize
}

/// The runtime that services run on. With a single worker, hooks would run their handlers on one of their own.
fn two_workers() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
