//! Captures a test's log, at every level and with all span events.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Once,
};

use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the thread's log. Each test has its own thread.
struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns everything that this thread logs while `act` runs, and the result of `act`.
pub(crate) fn logged<T>(act: impl FnOnce() -> T) -> (String, T) {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_span_events(FmtSpan::FULL);
        subscriber.with_writer(|| ThreadLog).init();
    });
    LOG.take();
    let returned = act();
    (String::from_utf8(LOG.take()).unwrap(), returned)
}
