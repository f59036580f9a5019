//! The command line.

use std::error::Error;

use crate::framework::{FRAMEWORKS, Framework};

const USAGE: &str = "usage: cost [--smoke] [--runs N] [axum | actix-web | warp]...";
const DEFAULT_RUNS: usize = 3;

pub struct Arguments {
    /// How often each app is built: never in a smoke run, which only counts crates.
    pub runs: usize,
    pub frameworks: Vec<&'static Framework>,
}

impl Arguments {
    pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut runs = DEFAULT_RUNS;
        let mut smoke = false;
        let mut frameworks = Vec::new();
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--smoke" => smoke = true,
                "--runs" => runs = parse_runs(given.next())?,
                name => frameworks.push(find(name)?),
            }
        }
        if smoke {
            runs = 0;
        }
        if frameworks.is_empty() {
            frameworks.extend(&FRAMEWORKS);
        }
        Ok(Self { runs, frameworks })
    }
}

fn parse_runs(given: Option<String>) -> Result<usize, String> {
    given
        .and_then(|number| number.parse().ok())
        .filter(|runs| *runs > 0)
        .ok_or_else(|| format!("--runs takes a number from 1\n{USAGE}"))
}

fn find(name: &str) -> Result<&'static Framework, String> {
    FRAMEWORKS
        .iter()
        .find(|framework| framework.name == name)
        .ok_or_else(|| format!("unknown argument {name}\n{USAGE}"))
}
