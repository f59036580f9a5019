//! The memory of handled deliveries. A separate program counts it, because counting takes time.

use std::error::Error;

use allocation_counter::AllocationInfo;
use room_hooks::hooks::{DeliveryStore, MemoryStore};
use room_hooks_benches::{
    is_smoke_run,
    store::{Arrivals, Cached, Recorded, Signatures},
    table,
};

fn main() -> Result<(), Box<dyn Error>> {
    let held = if is_smoke_run() {
        [100, 300, 700, 1_000]
    } else {
        [100_000, 300_000, 700_000, 1_000_000]
    };
    let most = held[3];
    let recorded = Recorded::new(most)?;
    let mut rows = Vec::new();
    for signatures in Signatures::BOTH {
        for held in held {
            let arrivals = recorded.arriving_steadily(signatures, held);
            let deliveries = held / signatures.entries();
            let ours = count(MemoryStore::new, &arrivals, deliveries);
            let cached = count(|| Cached::new(held, recorded.retention()), &arrivals, deliveries);
            for (store, counted) in [("`MemoryStore`", ours), ("`moka`", cached)] {
                let bytes = counted.bytes_current as f64;
                rows.push(vec![
                    store.to_owned(),
                    signatures.name().to_owned(),
                    held.to_string(),
                    deliveries.to_string(),
                    format!("{:.0}", bytes / deliveries as f64),
                    format!("{:.0}", bytes / held as f64),
                    format!("{:.1}", bytes / 1e6),
                    format!("{:.1}", counted.bytes_max as f64 / 1e6),
                ]);
            }
        }
    }
    let header = [
        "store",
        "signature",
        "entries held",
        "deliveries",
        "bytes a delivery",
        "bytes an entry",
        "MB",
        "peak MB",
    ];
    table::print("Memory", &header, &rows);
    Ok(())
}

/// The allocations of a store after this many deliveries, at the rate at which it forgets them.
fn count<S: DeliveryStore>(
    store: impl FnOnce() -> S,
    arrivals: &Arrivals,
    deliveries: usize,
) -> AllocationInfo {
    let mut kept = None;
    allocation_counter::measure(|| {
        let store = kept.insert(store());
        for number in 0..deliveries {
            assert!(arrivals.handle(store, number), "a new delivery is not granted");
        }
    })
}
