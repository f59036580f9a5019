//! Output, colored only on a terminal and only if `NO_COLOR` is not set.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::http;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Standard output for people. Colors are dropped unless it is a terminal.
pub(crate) fn out() -> impl Write {
    anstream::stdout().lock()
}

/// Standard output for programs, byte for byte.
pub(crate) fn exact() -> impl Write {
    io::stdout().lock()
}

/// Formats a status in green if providers treat it as success, and in red otherwise.
pub(crate) fn status(status: u16) -> String {
    let style = if http::is_success(status) { GOOD } else { BAD };
    format!("{style}{status}{style:#}")
}

/// Replaces characters in untrusted text that could control the terminal or disguise the text.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| if is_harmless(character) { character } else { '\u{fffd}' })
        .collect()
}

/// Whether a character neither controls a terminal nor reverses, breaks or hides adjacent text.
pub(crate) fn is_harmless(character: char) -> bool {
    let is_formatting = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    !character.is_control() && !is_formatting
}

/// Prints a note to standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}room-hooks: {text}{DIM:#}");
}

/// Prints an error with the chain of its sources.
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

/// Waits. On a terminal, shows a countdown, and erases it afterward.
pub(crate) fn wait(pause: Duration, what: &str) -> Result<(), crate::Error> {
    let countdown = ProgressBar::new_spinner().with_message(what.to_owned());
    if countdown.is_hidden() {
        note(&format!("{what} in {} s", pause.as_secs_f32()));
    }
    let end = Instant::now() + pause;
    let seconds_left = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let left = end.saturating_duration_since(Instant::now()).as_secs() + 1;
        // A countdown that cannot be drawn must not end the program.
        let _ = write!(out, "{left:>2} s");
    };
    let style = ProgressStyle::with_template("{msg} in {left}")?.with_key("left", seconds_left);
    countdown.set_style(style);
    countdown.enable_steady_tick(Duration::from_millis(200));
    thread::sleep(pause);
    countdown.finish_and_clear();
    Ok(())
}
