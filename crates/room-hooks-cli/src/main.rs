//! The `room-hooks` program: simulates the providers on a developer's machine.

#![forbid(unsafe_code)]

mod credentials;
mod decision;
mod demo;
mod encoding;
mod event;
mod events;
mod exit_status;
mod http;
mod inbox;
mod input;
mod listen;
mod man;
mod page;
mod paths;
mod provider;
mod recording;
mod replay;
mod resign;
mod send;
mod sign;
mod speed;
mod stop;
mod subject;
mod table;
mod terminal;
mod verify;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use self::exit_status::ExitStatus;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Simulates the room callbacks of ZEGOCLOUD, Tencent and TRTC: sends signed callbacks to your
/// receiver, explains why one is refused, and shows and records deliveries.
#[derive(Parser)]
#[command(name = "room-hooks", version, after_help = START_HERE)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const START_HERE: &str = "\
Start here:
  room-hooks demo                   runs every provider against a built-in receiver
Then run your own receiver, or `room-hooks listen`, on port 3000:
  room-hooks send room_create --set room_id=lobby
  room-hooks events                 lists the events that you can send
  room-hooks help send              shows options and examples, for any command

Secrets come from the environment (ZEGO_CALLBACK_SECRET, TENCENT_TOKEN, TRTC_KEY) or a file, never
from the command line, which every process on the machine can read.";

#[derive(Subcommand)]
enum Command {
    /// Starts a receiver on a free local port, sends it genuine, forged and malformed callbacks,
    /// and prints each response.
    Demo,
    Send(send::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Listen(listen::Arguments),
    Replay(replay::Arguments),
    Inbox(inbox::Arguments),
    Events(events::Arguments),
    /// Prints a completion script for a shell.
    #[command(
        after_help = "Example:\n  room-hooks completions bash > ~/.local/share/bash-completion/completions/room-hooks"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let parsed = exit_status::explain(CommandLine::command(), "").try_get_matches();
    let status = match parsed.and_then(|matches| CommandLine::from_arg_matches(&matches)) {
        // `listen` flushes each line, and must end even if its output is not read.
        Ok(CommandLine { command: Command::Listen(arguments) }) => listen::run(&arguments),
        Ok(CommandLine { command }) => command.run().and_then(flushed),
        Err(error) if error.use_stderr() => error.exit(),
        // Help is regular output: failing to write it is an error.
        Err(help) => help.print().map_err(Into::into).and_then(|()| flushed(ExitStatus::Success)),
    };
    match status {
        Ok(status) => status.into(),
        Err(error) if is_broken_pipe(&*error) => exit_status::CLOSED_OUTPUT.into(),
        Err(error) => {
            terminal::complain(&*error);
            exit_status::ERROR.into()
        }
    }
}

/// Standard output is buffered by lines, and the last line may not end with a line break.
fn flushed(status: ExitStatus) -> Result<ExitStatus, Error> {
    Ok(io::stdout().flush().map(|()| status)?)
}

impl Command {
    fn run(self) -> Result<ExitStatus, Error> {
        match self {
            Self::Demo => demo::run(),
            Self::Send(arguments) => send::run(&arguments),
            Self::Sign(arguments) => sign::run(&arguments),
            Self::Verify(arguments) => verify::run(&arguments),
            Self::Listen(arguments) => listen::run(&arguments),
            Self::Replay(arguments) => replay::run(&arguments),
            Self::Inbox(arguments) => inbox::run(&arguments),
            Self::Events(arguments) => events::run(&arguments),
            Self::Completions { shell } => {
                terminal::exact().write_all(completions(shell)?.as_bytes())?;
                Ok(ExitStatus::Success)
            }
            Self::Man(arguments) => man::run(&arguments),
        }
    }
}

fn completions(shell: Shell) -> Result<String, Error> {
    let (mut command, mut script) = (CommandLine::command(), Vec::new());
    clap_complete::generate(shell, &mut command, "room-hooks", &mut script);
    // clap_complete 4.6 spells a program name with a hyphen in two ways, so its bash script
    // completes nothing after a command: https://github.com/clap-rs/clap/issues/6421
    Ok(String::from_utf8(script)?.replace("room__subcmd__hooks", "room__hooks"))
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
