//! The exit statuses of all commands, which the help and the man pages list.

use std::process::ExitCode;

use clap::Command;

/// The result of a command that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    Success,
    Unsuccessful,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Unsuccessful => 1,
        })
    }
}

/// The status of a command that could not run. clap also uses it for an invalid command line.
pub(crate) const ERROR: u8 = 2;

/// The status if the reader of the output, such as `head`, stopped reading. A shell reports the
/// same status for a program that SIGPIPE terminates; 0 would report success.
pub(crate) const CLOSED_OUTPUT: u8 = 128 + 13;

/// Marks a status that a command never returns.
const NEVER: &str = "";

const NO_INBOX: &str = "the inbox could not be accessed";
const NOT_PRINTED: &str = "the output could not be written";

/// Each command, and the meanings of 0, 1 and 2.
const MEANINGS: [(&str, [&str; 3]); 18] = [
    (
        "",
        [
            "success",
            "failure: for example, a callback was not acknowledged or failed verification",
            "the command could not run",
        ],
    ),
    (
        "demo",
        [
            "every response was as expected",
            "a response was not as expected",
            "the receiver could not be started or reached",
        ],
    ),
    (
        "send",
        [
            "every callback was acknowledged (with --forge: refused as expected)",
            "a callback was not acknowledged (with --forge: not refused as expected)",
            "the callback could not be sent, or there was no response",
        ],
    ),
    (
        "sign",
        [
            "the callback was signed and printed",
            NEVER,
            "the callback could not be signed or printed",
        ],
    ),
    (
        "verify",
        [
            "every callback that can be verified is authentic",
            "a callback failed verification",
            "there was nothing to verify, or the input could not be read",
        ],
    ),
    (
        "listen",
        [
            "stopped by Ctrl-C or SIGTERM",
            NEVER,
            "the server could not start, or a delivery could not be recorded or printed",
        ],
    ),
    (
        "replay",
        [
            "every delivery was acknowledged",
            "a delivery was not acknowledged",
            "the recording could not be read, or a delivery could not be sent",
        ],
    ),
    ("inbox", ["success", "failure; see the help of each command", NO_INBOX]),
    ("inbox stats", ["the events were counted", NEVER, NO_INBOX]),
    ("inbox list", ["the events were listed, or none matched", NEVER, NO_INBOX]),
    ("inbox show", ["the event was shown", "the inbox has no such event", NO_INBOX]),
    (
        "inbox retry",
        ["every event was retried", "an event was not retried, because it is not dead", NO_INBOX],
    ),
    (
        "inbox discard",
        ["every event was discarded", "an event was not discarded, or --yes is missing", NO_INBOX],
    ),
    ("inbox prune", ["old events, if any, were removed", NEVER, NO_INBOX]),
    (
        "inbox ui",
        [
            "stopped by Ctrl-C or SIGTERM",
            NEVER,
            "the inbox could not be accessed, or the page could not be served",
        ],
    ),
    ("events", ["the events were printed", NEVER, NOT_PRINTED]),
    ("completions", ["the completions were printed", NEVER, NOT_PRINTED]),
    (
        "man",
        ["the pages were printed or written", NEVER, "the pages could not be printed or written"],
    ),
];

/// The statuses of a command, such as `inbox list`, with their meanings. The name of the program
/// itself is "".
pub(crate) fn of(command: &str) -> Option<Vec<(u8, &'static str)>> {
    let (_, meanings) = MEANINGS.iter().find(|(name, _)| *name == command)?;
    let closed = (CLOSED_OUTPUT, "the reader of the output stopped reading");
    let statuses = (0..).zip(meanings.iter().copied()).chain([closed]);
    Some(statuses.filter(|(_, meaning)| *meaning != NEVER).collect())
}

/// Adds the exit statuses to the help of a command and its subcommands.
pub(crate) fn explain(command: Command, name: &str) -> Command {
    let command = command.mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        explain(below, name.trim_start())
    });
    let Some(statuses) = of(name) else { return command };
    let before = command.get_after_help().map_or(String::new(), |help| format!("{help}\n\n"));
    let lines = statuses.iter().map(|(status, meaning)| format!("\n  {status:<3}  {meaning}"));
    let help = format!("{before}Exit status:{}", lines.collect::<String>());
    command.after_help(help)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn names(command: &Command, name: &str) -> Vec<String> {
        let below = command.get_subcommands().flat_map(|below| {
            let name = format!("{name} {}", below.get_name());
            names(below, name.trim_start())
        });
        [name.to_owned()].into_iter().chain(below).collect()
    }

    #[test]
    fn every_command_has_its_exit_statuses_and_no_other_has() {
        let mut commands = names(&crate::CommandLine::command(), "");
        let mut explained = MEANINGS.map(|(name, _)| name);
        commands.sort_unstable();
        explained.sort_unstable();
        assert_eq!(commands, explained);
    }

    #[test]
    fn a_status_without_a_meaning_is_left_out() {
        let statuses =
            |name| of(name).unwrap().iter().map(|(status, _)| *status).collect::<Vec<_>>();
        assert_eq!(statuses("send"), [0, 1, 2, 141]);
        assert_eq!(statuses("sign"), [0, 2, 141]);
    }
}
