use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::{CommandLine, Error, ExitStatus, exit_status, terminal};

/// Prints the program's man page, or writes a page for each command.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Writes the pages of the program and all commands to this directory, and prints nothing
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks man | man -l -
  room-hooks man --dir /usr/local/share/man/man1";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let mut program = CommandLine::command().disable_help_subcommand(true);
    program.build();
    match &arguments.dir {
        Some(dir) => {
            fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
            write_pages(&program, dir)?;
        }
        None => terminal::exact().write_all(&page(&program)?)?,
    }
    Ok(ExitStatus::Success)
}

/// Writes the pages of a command and its subcommands.
fn write_pages(command: &Command, dir: &Path) -> Result<(), Error> {
    let file = dir.join(Man::new(command.clone()).get_filename());
    fs::write(&file, page(command)?).map_err(|error| format!("{}: {error}", file.display()))?;
    command.get_subcommands().try_for_each(|below| write_pages(below, dir))
}

/// Renders the page of a command, which must have been built.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    // Pages have no date, so that builds are reproducible. `clap_mangen` omits an empty date, and
    // `man` would then show the source as the date.
    let man = Man::new(command.clone())
        .date(" ")
        .source(concat!("room-hooks ", env!("CARGO_PKG_VERSION")))
        .manual("room-hooks manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    exit_status(command).to_writer(&mut page)?;
    examples(command).to_writer(&mut page)?;
    Ok(page)
}

fn exit_status(command: &Command) -> Roff {
    let below_program = command.get_bin_name().and_then(|name| name.split_once(' '));
    let name = below_program.map_or("", |(_, name)| name);
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in exit_status::of(name).unwrap_or_default() {
        section.control("TP", []);
        section.text([bold(status.to_string())]);
        section.text([roman(meaning)]);
    }
    section
}

/// The text after the options. `Man` would join its lines, but each example needs its own line.
fn examples(command: &Command) -> Roff {
    let mut section = Roff::new();
    let Some(help) = command.get_after_help() else { return section };
    section.control("SH", ["EXAMPLES"]);
    for line in help.to_string().lines().filter(|line| !line.starts_with("Example")) {
        match line {
            "" => section.control("PP", []),
            command if command.starts_with(' ') => {
                section.control("nf", []).text([roman(command)]).control("fi", [])
            }
            prose => section.text([roman(prose)]),
        };
    }
    section
}
