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

/// The extent of the measurement.
pub struct Pace {
    pub rounds: usize,
    pub warm_up: Duration,
    pub moment: Duration,
    /// The number of deliveries per round and contender. A turn ends early when all are sent. They
    /// and their signatures must fit into the hooks' store.
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

/// The results of a contender's turn.
pub struct Turn {
    /// Requests per second.
    pub rate: f64,
    /// The median latency, in nanoseconds.
    pub p50: f64,
    /// The 99th percentile of the latency, in nanoseconds.
    pub p99: f64,
    /// The server's CPU time, in nanoseconds per request.
    pub cpu: f64,
    /// The server's CPU time per elapsed time.
    pub server_busy: f64,
    /// The load generator's CPU time per elapsed time.
    pub load_busy: f64,
}

/// Measures a contender in a new process, so that the previous one leaves nothing behind in memory
/// or in a store.
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
    // A duplicate would be answered with 200, too, without being handled.
    let (handled, sent) = (server.stop()?, queue.taken());
    if handled != sent {
        return Err(format!("{sent} events were sent, but {handled} were handled").into());
    }
    Ok(turn)
}
