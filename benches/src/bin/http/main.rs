//! The cost of verification in a server: requests per second, latency and CPU time of each
//! framework's own JSON handler, of our adapter with and without an inbox, and of another crate's
//! adapter.
//!
//! `cargo run --release --bin http [axum|actix|warp] [--rounds N] [--smoke]`

mod arguments;
mod contender;
mod cpu;
mod deliveries;
mod load;
mod report;
mod response;
mod server;
mod servers;
mod turn;

use std::{env, error::Error, process::ExitCode};

use self::{
    arguments::Command, contender::Framework, deliveries::Deliveries, report::Report, turn::Pace,
};

fn main() -> ExitCode {
    match Command::parse(env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(framework, variant) => servers::serve(framework, variant),
        Command::Measure { frameworks, pace } => {
            frameworks.into_iter().try_for_each(|framework| measure(framework, &pace))
        }
    }
}

fn measure(framework: Framework, pace: &Pace) -> Result<(), Box<dyn Error>> {
    let mut report = Report::new(framework);
    for round in 0..pace.rounds {
        let deliveries = Deliveries::sign(pace.deliveries)?;
        // In twice as many rounds as there are variants, each variant precedes and follows every
        // other one equally often, and they are equally often first and last.
        let mut order = framework.variants().to_vec();
        let length = order.len();
        order.rotate_left(round / 2 % length);
        if round % 2 == 1 {
            order.reverse();
        }
        for variant in order {
            let turn = turn::take(framework, variant, &deliveries, pace)
                .map_err(|error| format!("{} {}: {error}", framework.name(), variant.name()))?;
            report.add(variant, turn);
        }
    }
    report.print();
    Ok(())
}
