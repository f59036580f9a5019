//! What is printed: in colours on a terminal, plainly elsewhere and under `NO_COLOR`.

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
    thread,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};

use crate::http;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Standard output for people, which drops colours where they do not belong.
pub(crate) fn out() -> impl Write {
    anstream::stdout().lock()
}

/// Standard output for programs, to the byte.
pub(crate) fn exact() -> impl Write {
    io::stdout().lock()
}

/// A status, in the colour of what providers make of it.
pub(crate) fn status(status: u16) -> String {
    let style = if http::is_success(status) { GOOD } else { BAD };
    format!("{style}{status}{style:#}")
}

/// Text from outside, in which nothing controls the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

/// Says something that is not the output.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}room-hooks: {text}{DIM:#}");
}

/// Says what went wrong, with its causes.
pub(crate) fn complain(error: &dyn Error) {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    let _ = writeln!(anstream::stderr(), "{BAD}room-hooks:{BAD:#} {text}");
}

/// Waits, and counts down where somebody watches. Nothing is left on the terminal, whenever it is
/// interrupted, but the line itself.
pub(crate) fn wait(pause: Duration, what: &str) -> io::Result<()> {
    let end = Instant::now() + pause;
    if !io::stderr().is_terminal() {
        note(&format!("{what} in {} s", pause.as_secs_f32()));
        thread::sleep(pause);
        return Ok(());
    }
    let mut stderr = io::stderr();
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        write!(stderr, "\r{what} in {:>2} s ", left.as_secs() + 1)?;
        stderr.flush()?;
        thread::sleep(left.min(Duration::from_millis(200)));
    }
    write!(stderr, "\r{:1$}\r", "", what.len() + 10)?;
    stderr.flush()
}
