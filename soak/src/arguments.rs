use std::{fs, time::Duration};

use super::Error;

/// Slightly longer than a handled delivery is remembered.
const DELIVERIES_EXPIRE: Duration = Duration::from_secs(665);

/// The runs to perform.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) examples: Vec<&'static str>,
    /// How many examples run concurrently.
    pub(super) at_a_time: usize,
    /// The duration of a run.
    pub(super) span: Duration,
    /// The pause between two runs. Without it, there is only one run.
    pub(super) pause: Option<Duration>,
    /// The number of idle connections.
    pub(super) idle: usize,
}

impl Plan {
    pub(super) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let (mut named, mut seconds, mut smoke) = (Vec::new(), None, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "axum" => named.push("axum"),
                "actix" => named.push("actix"),
                "warp" => named.push("warp"),
                "tower" => named.push("tower"),
                "--smoke" => smoke = true,
                "--seconds" => seconds = Some(at_least_one(arguments.next())?),
                unknown => {
                    let known = "axum, actix, warp, tower, --seconds N, --smoke";
                    return Err(format!("unknown argument: {unknown}; known: {known}").into());
                }
            }
        }
        if named.is_empty() {
            named = vec!["axum", "actix", "warp", "tower"];
        }
        let plan = Self {
            examples: named,
            at_a_time: 1,
            span: Duration::from_secs(seconds.unwrap_or(60)),
            pause: Some(DELIVERIES_EXPIRE),
            idle: 500,
        };
        Ok(if smoke { plan.smoke(seconds) } else { plan })
    }

    fn smoke(self, seconds: Option<u64>) -> Self {
        let span = Duration::from_secs(seconds.unwrap_or(2));
        Self { at_a_time: 4, span, pause: None, idle: 50, ..self }
    }

    /// Checks that this process, and a server that inherits its limit, can open enough connections.
    pub(super) fn check_descriptors(&self) -> Result<(), Error> {
        let needed = self.at_a_time * (self.idle + 100) + 50;
        match descriptors() {
            Some(limit) if limit < needed => Err(format!(
                "{limit} files can be open at a time, but {needed} are needed: try `ulimit -n \
                 {needed}`"
            )
            .into()),
            _ => Ok(()),
        }
    }
}

fn at_least_one(number: Option<String>) -> Result<u64, Error> {
    match number.and_then(|number| number.parse().ok()) {
        None | Some(0) => Err("--seconds needs a number of at least 1".into()),
        Some(number) => Ok(number),
    }
}

/// The limit of open files, if the system exposes it.
fn descriptors() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
