//! A load test: sends the platforms' callbacks to the example apps while idle connections occupy
//! them, and checks the results against limits. `soak/run` builds it with the examples and starts
//! it.
//!
//! `run.rs` is one run, with the senders of `senders.rs` and the idle connections of `idle.rs`.
//! `printed.rs` counts the handled events, and `report.rs` contains the limits.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its measurements")]
#![expect(clippy::unwrap_used, reason = "a load test fails by panicking")]

mod arguments;
mod connection;
mod delivery;
mod example;
mod idle;
mod printed;
mod report;
mod run;
mod senders;
mod tally;

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use tokio::{runtime, task::JoinSet, time::sleep};

use self::{
    arguments::Plan,
    example::Example,
    idle::Idle,
    report::{Report, Verdict},
    run::{Run, Until},
};

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match examine_all() {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Missed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn examine_all() -> Result<Verdict, Error> {
    let plan = Plan::parse(env::args().skip(1))?;
    plan.check_descriptors()?;
    // A single thread, which leaves the other cores to the server.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(until_interrupted(&plan))
}

/// Runs the plan until a signal arrives. Dropping it then stops the examples.
async fn until_interrupted(plan: &Plan) -> Result<Verdict, Error> {
    let interruption = interruption()?;
    tokio::select! {
        verdict = examine_each(plan) => verdict,
        interruption = interruption => Err(interruption),
    }
}

/// Waits for SIGTERM or SIGINT.
#[cfg(unix)]
fn interruption() -> Result<impl Future<Output = Error>, Error> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => "terminated".into(),
            _ = interrupted.recv() => "interrupted".into(),
        }
    })
}

#[cfg(not(unix))]
fn interruption() -> Result<std::future::Pending<Error>, Error> {
    Err("the load test stops servers with signals, which this system does not support".into())
}

async fn examine_each(plan: &Plan) -> Result<Verdict, Error> {
    let mut missed = false;
    for names in plan.examples.chunks(plan.at_a_time) {
        let mut examining: JoinSet<_> =
            names.iter().map(|name| examine(name, plan.clone())).collect();
        while let Some(report) = examining.join_next().await {
            missed |= report??.print() == Verdict::Missed;
        }
    }
    Ok(if missed { Verdict::Missed } else { Verdict::Held })
}

async fn examine(name: &'static str, plan: Plan) -> Result<Report, Error> {
    let example = Example::start(name).await?;
    let idle = Idle::open(example.address(), plan.idle).await?;
    let rooms = Arc::default();
    let resident_before = example.resident();

    let mut runs = Vec::new();
    runs.push(Run::play(&example, &idle, &rooms, Until::over(plan.span)).await?);
    if let Some(pause) = plan.pause {
        sleep(pause).await;
        // A tenth fewer deliveries, regardless of the machine's current speed: the runs compare
        // memory, and a few more deliveries must not make a hash table grow that was large enough
        // for the first run.
        let until = Until::as_many(rooms.honest() / 10 * 9, plan.span * 2);
        runs.push(Run::play(&example, &idle, &rooms, until).await?);
    }

    let stopped = example.stop(Duration::from_secs(30)).await?;
    Ok(Report { name, runs, resident_before, idle: idle.figures(), rooms, stopped })
}
