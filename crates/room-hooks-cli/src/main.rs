//! The command line of room-hooks: plays the providers on a laptop.

mod credentials;
mod demo;
mod encoding;
mod event;
mod events;
mod factor;
mod http;
mod input;
mod listen;
mod player;
mod recording;
mod replay;
mod send;
mod sign;
mod terminal;
mod verify;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

type Failure = Box<dyn Error + Send + Sync>;

/// Plays ZEGOCLOUD, Tencent and TRTC against a receiver of room callbacks: sends what they would send,
/// explains why a callback is refused, shows and records what arrives.
///
/// Exit status: 0 if the verdict is the hoped-for one, 1 if it is not, 2 if it could not be tried.
#[derive(Parser)]
#[command(name = "room-hooks", version, after_help = START_HERE)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const START_HERE: &str = "\
Start here:
  room-hooks demo                   what there is to see
and with a receiver of your own (or `room-hooks listen`) on port 3000:
  room-hooks send room_create --set room_id=lobby
  room-hooks events                 what can be sent
  room-hooks help send              each command has examples

Secrets come from the environment (ZEGO_CALLBACK_SECRET, TENCENT_TOKEN, TRTC_KEY) or a file, never
from the command line, which every process of the machine can read.";

#[derive(Subcommand)]
enum Command {
    /// Starts a receiver on a free port of this machine, sends it honest, forged and broken
    /// callbacks, and prints what becomes of each.
    Demo,
    Send(send::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Listen(listen::Arguments),
    Replay(replay::Arguments),
    Events(events::Arguments),
    /// Prints completions for a shell.
    #[command(
        after_help = "Example:\n  room-hooks completions bash > ~/.local/share/bash-completion/completions/room-hooks"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// What a command has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// What was hoped for.
    Yes,
    /// Something else.
    No,
}

fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let verdict = match command {
        Command::Demo => demo::run(),
        Command::Send(arguments) => send::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Listen(arguments) => listen::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Events(arguments) => events::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "room-hooks", &mut script);
            terminal::exact().write_all(&script).map(|()| Verdict::Yes).map_err(Into::into)
        }
    };
    match verdict {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        // Whoever reads has had enough, `head` for one. It ends as one that knows nothing of this does, by
        // the signal; success would be a verdict.
        Err(error) if is_broken_pipe(&*error) => ExitCode::from(128 + 13),
        Err(error) => {
            terminal::complain(&*error);
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
