//! Prints a report.

use std::io::Write;

use crate::{
    Error,
    terminal::{self, BAD, DIM, GOOD},
};

use super::report::{Report, Step, Verdict};

pub(super) fn report(report: &Report) -> Result<(), Error> {
    let mut out = terminal::out();
    writeln!(out, "{}", report.heading)?;
    for Step { step, name, text } in &report.steps {
        let text = terminal::plain(text);
        match *step {
            // These two texts are whole sentences, and need no column for the name.
            "secret" | "time" => writeln!(out, "{DIM}{step:<9}{DIM:#} {text}")?,
            _ => writeln!(out, "{DIM}{step:<9}{DIM:#} {name:<23} {text}")?,
        }
    }
    if let Some(Verdict { is_good, word, rest }) = &report.verdict {
        let style = if *is_good { GOOD } else { BAD };
        writeln!(out, "{style}{word}{style:#}{}", terminal::plain(rest))?;
    }
    for (label, text) in &report.advice {
        // "but the response was 401" is a sentence, and "likely: a proxy" is not.
        let colon = if *label == "but" { "" } else { ":" };
        writeln!(out, "{label}{colon} {text}")?;
    }
    Ok(())
}
