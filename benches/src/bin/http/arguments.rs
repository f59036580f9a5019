use std::error::Error;

use room_hooks_benches::is_smoke_run;

use crate::{
    contender::{Framework, Variant},
    turn::Pace,
};

/// The task of this process.
pub enum Command {
    /// Runs a measured server. The program starts itself with this.
    Serve(Framework, Variant),
    Measure {
        frameworks: Vec<Framework>,
        pace: Pace,
    },
}

impl Command {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut pace = if is_smoke_run() { Pace::smoke() } else { Pace::real() };
        let mut frameworks = Framework::ALL.to_vec();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--smoke" => {}
                "--rounds" => pace.rounds = rounds(arguments.next())?,
                "serve" => return served(arguments),
                name => frameworks = vec![framework(name)?],
            }
        }
        Ok(Self::Measure { frameworks, pace })
    }
}

fn rounds(number: Option<String>) -> Result<usize, Box<dyn Error>> {
    match number.and_then(|number| number.parse().ok()) {
        None | Some(0) => Err("--rounds needs a number of at least 1".into()),
        Some(rounds) => Ok(rounds),
    }
}

fn framework(name: &str) -> Result<Framework, Box<dyn Error>> {
    let found = Framework::ALL.into_iter().find(|framework| framework.name() == name);
    found.ok_or_else(|| {
        format!("unknown argument: {name}; known: axum, actix, warp, --rounds N, --smoke").into()
    })
}

fn served(mut arguments: impl Iterator<Item = String>) -> Result<Command, Box<dyn Error>> {
    let framework = framework(&arguments.next().unwrap_or_default())?;
    let name = arguments.next().unwrap_or_default();
    let variant = framework.variants().iter().find(|variant| variant.name() == name);
    let variant = variant.ok_or_else(|| format!("unknown server: {name}"))?;
    Ok(Command::Serve(framework, *variant))
}
