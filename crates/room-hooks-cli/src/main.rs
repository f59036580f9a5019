//! The command line of room-hooks: plays the providers on a laptop.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod demo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Plays ZEGOCLOUD and Tencent against a receiver of room callbacks.
#[derive(Parser)]
#[command(name = "room-hooks", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a receiver on a free port of this machine, sends it honest, forged and broken
    /// callbacks, and prints what becomes of each. Exits with 0 if every verdict is the right one.
    Demo,
}

fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let outcome = match command {
        Command::Demo => demo::run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("room-hooks: {error}");
        ExitCode::from(2)
    })
}
