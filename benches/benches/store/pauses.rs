//! The longest time of a single operation.

use std::time::{Duration, Instant};

use room_hooks::hooks::{DeliveryStore, MemoryStore};
use room_hooks_benches::{
    is_smoke_run,
    measure::quantile,
    store::{Arrivals, Cached, Recorded, Signatures},
    table,
};
use rustix::time::{ClockId, clock_gettime};

pub fn print(recorded: &Recorded, entries: usize) {
    let ours = || MemoryStore::with_capacity(entries);
    let mut rows = Vec::new();
    for signatures in Signatures::BOTH {
        let grows = Scenario::growth(recorded, signatures, entries);
        rows.push(row("`MemoryStore`", &grows, &pauses(ours, &grows)));
        let cached = || Cached::new(entries, recorded.retention());
        rows.push(row("`moka`", &grows, &pauses(cached, &grows)));
        let steady = Scenario::whole_seconds(recorded, signatures, entries);
        rows.push(row("`MemoryStore`", &steady, &pauses(ours, &steady)));
    }
    let silence = Scenario::silence(recorded, entries);
    rows.push(row("`MemoryStore`", &silence, &pauses(ours, &silence)));
    let header =
        ["store", "signature", "while it", "p50", "p99", "p99.9", "longest", "longest, CPU time"];
    table::print("Pauses", &header, &rows);
}

/// The load of a store.
struct Scenario {
    name: String,
    signatures: Signatures,
    arrivals: Arrivals,
    operations: usize,
    /// The first operation that is timed.
    from: usize,
}

impl Scenario {
    /// Only leases expire.
    fn growth(recorded: &Recorded, signatures: Signatures, entries: usize) -> Self {
        let operations = entries / signatures.entries();
        let arrivals = recorded
            .arriving(signatures, operations, |number| Duration::from_micros(200) * number as u32);
        Self {
            name: format!("grows to {entries} entries"),
            signatures,
            arrivals: arrivals.known_for(Duration::from_secs(3600)),
            operations,
            from: 0,
        }
    }

    /// Deliveries arrive and expire in batches, one per second.
    fn whole_seconds(recorded: &Recorded, signatures: Signatures, entries: usize) -> Self {
        let a_second = entries / 200;
        let arrivals = recorded.arriving(signatures, a_second * 70, move |number| {
            Duration::from_secs((number / a_second) as u64)
        });
        Self {
            name: format!("takes and forgets {a_second} deliveries a second"),
            signatures,
            arrivals: arrivals.known_for(Duration::from_secs(60)),
            operations: a_second * 300,
            from: a_second * 70,
        }
    }

    /// The leases of all held deliveries have run out since the last one arrived.
    fn silence(recorded: &Recorded, entries: usize) -> Self {
        let from = entries - entries / 1000;
        let arrivals = recorded.arriving(Signatures::Without, entries, move |number| {
            Duration::from_secs(if number < from { 0 } else { 16 })
        });
        Self {
            name: "fills up after 16 s of silence".into(),
            signatures: Signatures::Without,
            arrivals: arrivals.known_for(Duration::from_secs(3600)),
            operations: entries,
            from,
        }
    }
}

struct Pauses {
    /// The shortest time of each operation over all runs, in nanoseconds, which excludes
    /// interruptions by other processes.
    least: Vec<f64>,
    /// The longest operation by CPU time, in the run where that was shortest. Meaningful even if
    /// other operations are the longest in each run.
    longest_by_cpu: f64,
}

fn pauses<S: DeliveryStore>(store: impl Fn() -> S, scenario: &Scenario) -> Pauses {
    let runs = if is_smoke_run() { 1 } else { 5 };
    let mut least = vec![f64::INFINITY; scenario.operations - scenario.from];
    let mut longest_by_cpu = f64::INFINITY;
    for _ in 0..runs {
        let (store, mut longest) = (store(), 0.0);
        for number in 0..scenario.operations {
            let (cpu_begun, begun) = (cpu_time(), Instant::now());
            let granted = scenario.arrivals.handle(&store, number);
            let took = begun.elapsed().as_nanos() as f64;
            let cpu_time = cpu_time() - cpu_begun;
            assert!(granted, "a new delivery is not granted");
            if let Some(counted) = number.checked_sub(scenario.from) {
                least[counted] = took.min(least[counted]);
                longest = cpu_time.max(longest);
            }
        }
        longest_by_cpu = longest.min(longest_by_cpu);
    }
    Pauses { least, longest_by_cpu }
}

/// The CPU time of this thread in nanoseconds.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn row(store: &str, scenario: &Scenario, pauses: &Pauses) -> Vec<String> {
    let mut row =
        vec![store.to_owned(), scenario.signatures.name().to_owned(), scenario.name.clone()];
    let shares = [0.5, 0.99, 0.999, 1.0];
    row.extend(shares.map(|share| table::time(quantile(pauses.least.iter().copied(), share))));
    row.push(table::time(pauses.longest_by_cpu));
    row
}
