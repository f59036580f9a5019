//! A load test: the platforms are played against the example apps, beside connections that do
//! nothing good, and what comes of it is held to bars. `soak/run` builds it with the examples and
//! starts it.
//!
//! `run.rs` is what is sent at a time, `senders.rs` who sends it, `idle.rs` who is in the way;
//! `printed.rs` counts what has been handled, `report.rs` has the bars.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it measures")]
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
    // One thread, so that the server has the other cores.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(until_interrupted(&plan))
}

/// Drops all that goes on when it is interrupted, so that no example is left behind.
async fn until_interrupted(plan: &Plan) -> Result<Verdict, Error> {
    let interruption = interruption()?;
    tokio::select! {
        verdict = examine_each(plan) => verdict,
        interruption = interruption => Err(interruption),
    }
}

/// Waits for a signal to end.
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
    Err("it ends servers by a signal, which this system does not have".into())
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
        // A tenth fewer, however fast the machine is by now: memory is what is compared, and chance
        // alone must not make a table of the store's grow that had room for the first run.
        let until = Until::as_many(rooms.honest() / 10 * 9, plan.span * 2);
        runs.push(Run::play(&example, &idle, &rooms, until).await?);
    }

    let stopped = example.stop(Duration::from_secs(30)).await?;
    Ok(Report { name, runs, resident_before, idle: idle.figures(), rooms, stopped })
}
