//! Operations per second in memory, with few and with many entries, on one thread and on two.

use std::{rc::Rc, time::Duration};

use room_hooks::hooks::{DeliveryStore, MemoryStore};
use room_hooks_benches::{
    is_smoke_run,
    measure::Rounds,
    store::{Cached, Recorded, Signatures},
    table,
};

use crate::service::Service;

pub fn print(recorded: &Recorded, many: usize) {
    let few = many / 1000;
    let mut rows = Vec::new();
    for signatures in Signatures::BOTH {
        let contenders: Vec<_> = [few, many]
            .into_iter()
            .flat_map(|held| contenders(recorded, signatures, held))
            .collect();
        rows.extend(in_turns(signatures, &contenders));
    }
    let header = [
        "store",
        "signature",
        "entries held",
        "threads",
        "operations a second",
        "time of one",
        "ours as a multiple of it",
    ];
    table::print("Operations in memory", &header, &rows);
}

/// A store with a number of entries and threads.
struct Contender {
    store: &'static str,
    held: usize,
    threads: usize,
    work: Box<dyn Fn()>,
}

fn contenders(recorded: &Recorded, signatures: Signatures, held: usize) -> Vec<Contender> {
    let arrivals = Rc::new(recorded.arriving_steadily(signatures, held));
    let at_once = held / signatures.entries();
    // The capacity has a margin, because expired entries stay a while longer and two threads are
    // not at the same point of the schedule.
    let ours = MemoryStore::with_capacity((held * 4).max(100_000));
    let ours = Rc::new(Service::new(ours, Rc::clone(&arrivals), at_once));
    let cached = Cached::new(held, recorded.retention());
    let cached = Rc::new(Service::new(cached, arrivals, at_once));
    let mut contenders = Vec::new();
    for threads in [1, 2] {
        contenders.push(Contender::new("`MemoryStore`", held, threads, &ours));
        contenders.push(Contender::new("`moka`", held, threads, &cached));
    }
    contenders
}

impl Contender {
    fn new<S: DeliveryStore>(
        store: &'static str,
        held: usize,
        threads: usize,
        service: &Rc<Service<S>>,
    ) -> Self {
        let service = Rc::clone(service);
        Self { store, held, threads, work: Box::new(move || service.take(batch(), threads)) }
    }
}

fn in_turns(signatures: Signatures, contenders: &[Contender]) -> Vec<Vec<String>> {
    let work: Vec<_> = contenders.iter().map(|contender| &*contender.work).collect();
    let rounds = if is_smoke_run() { 1 } else { 20 };
    let measured = Rounds::of(&work, rounds, Duration::ZERO);
    let rows = contenders.iter().enumerate().map(|(index, contender)| {
        let nanoseconds = measured.median(index) / batch() as f64;
        // Our store precedes the other one.
        let ours = index / 2 * 2;
        vec![
            contender.store.to_owned(),
            signatures.name().to_owned(),
            contender.held.to_string(),
            contender.threads.to_string(),
            format!("{:.0}", 1e9 / nanoseconds),
            table::time(nanoseconds),
            table::ratio(measured.ratio(ours, index)),
        ]
    });
    rows.collect()
}

/// The number of operations per turn, large enough that the start of a thread does not matter.
fn batch() -> usize {
    if is_smoke_run() { 100 } else { 20_000 }
}
