use std::{error::Error, process, time::Duration};

use room_hooks_benches::measure::quantile;
use tokio::runtime;

use crate::{
    contender::{Framework, Variant},
    cpu,
    deliveries::Deliveries,
    load::{Clients, Queue},
    server::Server,
};

/// How much is measured.
pub struct Pace {
    pub rounds: usize,
    pub warm_up: Duration,
    pub moment: Duration,
    /// In a round, for each contender. A turn ends when it has had all of them. With their signatures
    /// they must not be more than there is room for in the hooks' store.
    pub deliveries: usize,
}

impl Pace {
    pub fn real() -> Self {
        Self {
            rounds: 15,
            warm_up: Duration::from_millis(300),
            moment: Duration::from_secs(1),
            deliveries: 150_000,
        }
    }

    pub fn smoke() -> Self {
        Self {
            rounds: 1,
            warm_up: Duration::from_millis(20),
            moment: Duration::from_millis(100),
            deliveries: 20_000,
        }
    }
}

/// What a contender did in its turn.
pub struct Turn {
    /// Requests a second.
    pub rate: f64,
    /// The median latency, in nanoseconds.
    pub p50: f64,
    /// The latency that one in a hundred is above, in nanoseconds.
    pub p99: f64,
    /// The server's CPU time, in nanoseconds a request.
    pub cpu: f64,
    /// The share of the turn in which the server had a CPU.
    pub server_busy: f64,
    /// The share of the turn in which the load generator had a CPU.
    pub load_busy: f64,
}

/// Lets a contender work for a moment, in a process that is begun for it: what the last one left behind,
/// in its memory and in its store, is not there.
pub fn take(
    framework: Framework,
    variant: Variant,
    deliveries: &Deliveries,
    pace: &Pace,
) -> Result<Turn, Box<dyn Error>> {
    let queue = Queue::new(deliveries.requests(variant)?);
    let server = Server::start(framework, variant)?;
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let turn = runtime.block_on(async {
        let mut clients = Clients::connect(server.address()).await?;
        clients.send(&queue, pace.warm_up).await?;
        let (server_before, load_before) = (server.cpu_time()?, cpu::time(process::id())?);
        let load = clients.send(&queue, pace.moment).await?;
        let (server_after, load_after) = (server.cpu_time()?, cpu::time(process::id())?);

        let (took, requests) = (load.took.as_secs_f64(), load.latencies.len() as f64);
        let server_cpu = (server_after - server_before).as_secs_f64();
        Ok::<_, Box<dyn Error>>(Turn {
            rate: requests / took,
            p50: quantile(load.latencies.iter().copied(), 0.5),
            p99: quantile(load.latencies, 0.99),
            cpu: server_cpu / requests * 1e9,
            server_busy: server_cpu / took,
            load_busy: (load_after - load_before).as_secs_f64() / took,
        })
    })?;
    // A duplicate is answered 200 as well, without being handled.
    let (handled, sent) = (server.stop()?, queue.taken());
    if handled != sent {
        return Err(format!("{sent} events were sent and {handled} handled").into());
    }
    Ok(turn)
}
