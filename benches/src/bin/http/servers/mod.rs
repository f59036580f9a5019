//! The servers that are measured, each in a process of its own.

mod actix;
mod axum;
mod warp;

use std::{
    error::Error,
    hint::black_box,
    io::{self, Write},
    net::TcpListener,
    process,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use room_hooks::RoomCreated;
use tokio::runtime::{self, Runtime};

use crate::contender::{Framework, Variant};

static HANDLED: AtomicUsize = AtomicUsize::new(0);

/// Serves until standard input ends, and says at which address and, in the end, how many events were
/// handled.
pub fn serve(framework: Framework, variant: Variant) -> Result<(), Box<dyn Error>> {
    thread::spawn(|| {
        // Whatever ends the one who measures closes the input, and perhaps the output as well: a failure to
        // write to it must not keep the server alive.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = writeln!(io::stdout(), "{}", HANDLED.load(Ordering::Relaxed));
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

/// The runtime that services run on. With a single worker, hooks would run their handlers on one of their own.
fn two_workers() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
