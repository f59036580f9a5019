//! What it costs to depend on room-hooks and an adapter: the crates, build seconds and bytes that they
//! add to a small app.
//!
//! `cargo run --release --bin cost -- [--smoke] [--runs N] [axum | actix-web | warp]...`
//!
//! The bare app depends on its framework with default features, and on nothing that its framework does
//! not oblige it to; its one route takes a body and gives it back. The app with hooks is the bare app
//! with the README's hooks mounted beside. As many apps have serde, serde_json and tracing already, it
//! is also counted what is added to one that has.

mod app;
mod arguments;
mod cost;
mod framework;

use std::{error::Error, process::ExitCode};

use room_hooks_benches::table;

use crate::{arguments::Arguments, cost::Cost};

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cost: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let costs = arguments
        .frameworks
        .iter()
        .map(|framework| Cost::of(framework, arguments.runs))
        .collect::<Result<Vec<_>, _>>()?;

    let header = [
        "framework",
        "crates of the bare app",
        "crates added",
        "crates added to an app with serde and tracing",
        "build s bare",
        "build s added",
        "binary bytes bare",
        "bytes added",
    ];
    let rows: Vec<_> = costs.iter().map(Cost::row).collect();
    table::print("What the adapter costs", &header, &rows);
    for cost in &costs {
        cost.print_names();
    }
    Ok(())
}
